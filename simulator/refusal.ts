/** Defines the error that becomes an error answer, and writes its body in the shapes that Ditio documents. */

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

export type ErrorShape = 'simple' | 'validation' | 'nested' | 'problem' | 'html' | 'empty';

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
    // Older answers with 5xx.
    case 'nested':
      return { type: 'application/json; charset=utf-8', text: JSON.stringify({ error: { message } }) };
    // ASP.NET's own, before Ditio's code is reached.
    case 'problem': {
      const errors = field === null ? {} : { errors: { [field]: [message] } };
      const traceId = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
      const problem = { type: 'about:blank', title: message, status, ...errors, traceId };
      return { type: 'application/problem+json; charset=utf-8', text: JSON.stringify(problem) };
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
