/** Words of CloudFormation that the nested template is written with. */

import type { Yaml } from '../../scripts/yaml.ts';

export const ref = (name: string): Yaml => ({ Ref: name });
export const sub = (text: string): Yaml => ({ 'Fn::Sub': text });
export const arnOf = (name: string): Yaml => ({ 'Fn::GetAtt': [name, 'Arn'] });
export const iff = (condition: string, then: Yaml, otherwise: Yaml = ref('AWS::NoValue')): Yaml => ({
  'Fn::If': [condition, then, otherwise],
});
export const not = (value: Yaml): Yaml => ({ 'Fn::Not': [value] });
export const equals = (left: Yaml, right: Yaml): Yaml => ({ 'Fn::Equals': [left, right] });

/** Text that `Fn::Sub` leaves as it is. */
export function unsubstituted(text: string): string {
  return text.replaceAll('${', '${!');
}

/** `time-registrations` → `TimeRegistrations`, for logical ids. */
export function pascal(name: string): string {
  return name.replace(/(?:^|[-_])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
