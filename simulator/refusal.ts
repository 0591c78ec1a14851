/** Errors that become an answer of the server, and their bodies in the shapes that Ditio documents. */

/** Ends the handling of a request with an error answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** `error` of the simple shape. */
  readonly code: string;
  /** `field` of the validation shape. */
  readonly field: string | null;

  constructor(status: number, code: string, message: string, field: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export function badRequest(code: string, message: string, field: string | null = null): Refusal {
  return new Refusal(400, code, message, field);
}

export type ErrorShape = 'simple' | 'validation' | 'html' | 'empty';

/** Content type and text of an error body. */
export function errorBody(
  shape: ErrorShape,
  status: number,
  code: string,
  message: string,
  field: string | null = null,
): { readonly type: string | null; readonly text: string } {
  switch (shape) {
    case 'simple':
      return { type: 'application/json; charset=utf-8', text: JSON.stringify({ error: code, message }) };
    case 'validation': {
      const entry = { category: 'UserInvalidInputError', code: 'ValidationError', field: field ?? code, message };
      const text = JSON.stringify({ message: 'Validation failed', errors: [entry] });
      return { type: 'application/json; charset=utf-8', text };
    }
    case 'html': {
      const title = `${status} ${code}`;
      const text = `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center><hr>proxy</body>\r\n</html>\r\n`;
      return { type: 'text/html', text };
    }
    case 'empty':
      return { type: null, text: '' };
  }
}
