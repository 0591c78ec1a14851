/**
 * A CloudFormation template with its parameters filled in, as far as the templates here need it.
 *
 * Resources whose condition is false are left out. What only a deployment gives (`Ref` and `GetAtt` of resources) becomes
 * a text that names it, such as `<StateTable.Arn>`. Anything unknown is an error, not a guess.
 */

import { runTool, toolPath } from './tools.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Dict = { readonly [key: string]: Json };

// biome-ignore lint/suspicious/noExplicitAny: properties of CloudFormation, judged by what the tests assert of them.
export type Properties = any;

export interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Parameters: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly Rules?: Readonly<Record<string, Rule>>;
  readonly Mappings?: Json;
  readonly Conditions: Readonly<Record<string, Json>>;
  readonly Resources: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly Outputs: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** What parameters must be together. */
interface Rule {
  readonly RuleCondition: Json;
  readonly Assertions: readonly { readonly Assert: Json; readonly AssertDescription: string }[];
}

export interface Templates {
  readonly source: Template;
  readonly translated: Template;
  readonly streams: Template;
}

export interface Evaluated {
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export const STACK = {
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-north-1',
  'AWS::StackName': 'acme',
  'AWS::StackId': 'arn:aws:cloudformation:eu-north-1:123456789012:stack/acme/3f2a91bc-c7e1-11ef-9a3b-0a1b2c3d4e5f',
} as const;

const NOTHING = Symbol('AWS::NoValue');

/** `template.yaml` before and after the SAM transform, and `streams.yaml`. */
export function readTemplates(parameters: Readonly<Record<string, string>> = {}): Templates {
  const given = JSON.stringify(parameters);
  return { ...(translate(given) as Omit<Templates, 'streams'>), streams: translate('streams.yaml') as Template };
}

/** What `translate.py` prints. It takes seconds, so it is asked once. */
function translate(what: string): unknown {
  const known = translations.get(what);
  if (known) return known;
  const { code, stdout, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'python'), [
    'test/deployed/translate.py',
    what,
  ]);
  if (code !== 0) throw new Error(`the SAM transform failed:\n${stderr}`);
  const printed: unknown = JSON.parse(stdout);
  translations.set(what, printed);
  return printed;
}

const translations = new Map<string, unknown>();

/** Properties of a resource. Throws when the stack has none of this name. */
export function propertiesOf(stack: Evaluated, name: string): Properties {
  const resource = stack.resources[name];
  if (!resource) throw new Error(`there is no ${name}`);
  return resource.Properties;
}

/** Fills in parameters (defaults where none are given). Throws where a value breaks the parameter's own rules, or the template's. */
export function evaluate(template: Template, given: Readonly<Record<string, string>> = {}): Evaluated {
  const parameters = parametersOf(template, given);

  function condition(value: Json): boolean {
    const [[name, operand]] = Object.entries(value as Dict) as [[string, Json]];
    const operands = operand as readonly Json[];
    switch (name) {
      case 'Condition':
        return isTrue(operand as string);
      case 'Fn::Equals':
        return resolve(operands[0] as Json) === resolve(operands[1] as Json);
      case 'Fn::Contains':
        return (operands[0] as readonly Json[]).includes(String(resolve(operands[1] as Json)));
      case 'Fn::Not':
        return !condition(operands[0] as Json);
      case 'Fn::And':
        return operands.every(condition);
      case 'Fn::Or':
        return operands.some(condition);
      default:
        throw new Error(`no condition: ${name}`);
    }
  }

  function isTrue(name: string): boolean {
    const found = template.Conditions[name];
    if (found === undefined) throw new Error(`no condition is named ${name}`);
    return condition(found);
  }

  function reference(name: string): unknown {
    if (name === 'AWS::NoValue') return NOTHING;
    if (name in STACK) return STACK[name as keyof typeof STACK];
    if (name in parameters) return parameters[name];
    if (name in template.Resources) return `<${name}>`;
    throw new Error(`nothing is named ${name}`);
  }

  function attribute(path: string): string {
    const [resource = ''] = path.split('.');
    if (!(resource in template.Resources)) throw new Error(`no resource is named ${resource}`);
    return `<${path}>`;
  }

  function substitute(operand: Json): string {
    const [text, values] = Array.isArray(operand) ? operand : [operand, {}];
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in (values as Dict)) return String(resolve((values as Dict)[name] as Json));
      return String(name.includes('.') ? attribute(name) : reference(name));
    });
  }

  function intrinsic(name: string, operand: Json): unknown {
    const operands = operand as readonly Json[];
    const values = () => resolve(operand) as unknown[];
    switch (name) {
      case 'Ref':
        return reference(operand as string);
      case 'Fn::GetAtt':
        return attribute(operands.join('.'));
      case 'Fn::Sub':
        return substitute(operand);
      case 'Fn::Base64':
        return Buffer.from(String(resolve(operand))).toString('base64');
      case 'Fn::If':
        return resolve((isTrue(operands[0] as string) ? operands[1] : operands[2]) as Json);
      case 'Fn::Join':
        return (values()[1] as string[]).join(values()[0] as string);
      case 'Fn::Split':
        return (values()[1] as string).split(values()[0] as string);
      case 'Fn::Select':
        return (values()[1] as unknown[])[Number(values()[0])];
      case 'Fn::FindInMap': {
        const found = (values() as string[]).reduce<Json | undefined>(
          (at, key) => (at as Dict)?.[key],
          template.Mappings,
        );
        if (found === undefined) throw new Error(`nothing is mapped for ${values()}`);
        return found;
      }
      default:
        return NOTHING_INTRINSIC;
    }
  }

  function resolve(value: Json): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== NOTHING);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1) {
      const [name, operand] = entries[0] as [string, Json];
      const found = intrinsic(name, operand);
      if (found !== NOTHING_INTRINSIC) return found;
      if (name.startsWith('Fn::')) throw new Error(`unknown function ${name}`);
    }
    const resolved = entries.map(([key, item]) => [key, resolve(item)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== NOTHING));
  }

  for (const { RuleCondition, Assertions } of Object.values(template.Rules ?? {})) {
    if (!condition(RuleCondition)) continue;
    for (const { Assert, AssertDescription } of Assertions) if (!condition(Assert)) throw new Error(AssertDescription);
  }
  const kept = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || isTrue(Condition as string),
  );
  return {
    resources: Object.fromEntries(
      kept.map(([name, { Metadata: _, Condition: __, DependsOn: ___, ...resource }]) => [
        name,
        resolve(resource) as Resource,
      ]),
    ),
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, String(resolve(Value as Json))]),
    ),
  };
}

const NOTHING_INTRINSIC = Symbol('no intrinsic function');

function parametersOf(template: Template, given: Readonly<Record<string, string>>): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => !(name in template.Parameters));
  if (unknown.length > 0) throw new Error(`no parameter is named ${unknown}`);
  return Object.fromEntries(
    Object.entries(template.Parameters).map(([name, rules]) => {
      const value = given[name] ?? rules.Default;
      if (value === undefined) throw new Error(`${name} needs a value`);
      const values = rules.Type === 'CommaDelimitedList' ? String(value).split(',') : [String(value)];
      const refusal = values.map((each) => refuse(each, rules)).find((each) => each !== null);
      if (refusal) throw new Error(`${name} may not be ${JSON.stringify(value)}: ${refusal}`);
      return [name, rules.Type === 'CommaDelimitedList' ? values : value];
    }),
  );
}

/** Why CloudFormation refuses the value, or null. */
function refuse(value: string, rules: Readonly<Record<string, Json>>): string | null {
  const { AllowedValues, AllowedPattern, MinValue, MaxValue, MaxLength } = rules;
  if (AllowedValues && !(AllowedValues as Json[]).map(String).includes(value)) return `not one of ${AllowedValues}`;
  if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) return `does not match ${AllowedPattern}`;
  if (rules.Type === 'Number' && !/^-?\d+$/.test(value)) return 'no number';
  if (MinValue !== undefined && Number(value) < Number(MinValue)) return `below ${MinValue}`;
  if (MaxValue !== undefined && Number(value) > Number(MaxValue)) return `above ${MaxValue}`;
  if (MaxLength !== undefined && value.length > Number(MaxLength)) return `longer than ${MaxLength}`;
  return null;
}
