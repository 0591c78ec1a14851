/** The deployed stack, with its nested one, for given parameters: what the tests of the template assert on. */

import { type Evaluated, evaluate, type Properties, propertiesOf, readTemplates } from './evaluate.ts';

export const KEY = 'arn:aws:kms:eu-north-1:123456789012:key/11111111-2222-3333-4444-555555555555';

/** Bucket and secret were there before. */
export const EXISTING = {
  ExistingSecretArn: 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:ditio-AbCdEf',
  ExistingBucketName: 'company-lake',
  LakePrefix: 'raw/ditio',
};

export type Stack = Evaluated & { readonly nested: Evaluated };

/** Everything that would be deployed: the parent and its nested stack, both with these parameters. */
export function deploy(parameters: Readonly<Record<string, string>> = {}): Stack {
  const { translated, streams } = readTemplates(parameters);
  const parent = evaluate(translated, parameters);
  const given: Readonly<Record<string, unknown>> = propertiesOf(parent, 'StreamResources').Parameters;
  const texts = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
  return { ...parent, nested: evaluate(streams, Object.fromEntries(texts)) };
}

/** The statements of a role's own policies. */
export function statementsOf(stack: Evaluated, role: string): Properties[] {
  return propertiesOf(stack, role).Policies.flatMap(({ PolicyDocument }: Properties) => PolicyDocument.Statement);
}

/** `time-registrations` → `TimeRegistrations`, as in logical ids. */
export function logicalId(stream: string): string {
  return stream.replace(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase());
}
