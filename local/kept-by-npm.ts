/** Finds options that npm kept for itself because `--` was forgotten, and writes the command that was meant. */

/** Options of a program, by name: whether each takes a value. */
export type OptionKinds = Readonly<Record<string, boolean>>;

/** npm has options of these names too, and sets their variables without anybody typing them. */
const ALSO_OF_NPM: ReadonlySet<string> = new Set(['yes', 'help']);

/**
 * A sentence with the command that was meant; null where npm kept nothing.
 *
 * @param script name of the npm script
 * @param words what npm has passed on: the command, and values that stood apart from their option
 * @param env variables, in which npm stores what it has kept (`npm_config_seed`)
 */
export function keptByNpm(
  script: string,
  options: OptionKinds,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const kept = Object.keys(options)
    .filter((name) => !ALSO_OF_NPM.has(name))
    .flatMap((name) => storedOf(name, env).map((value) => ({ name, value: options[name] ? value : null })));
  if (kept.length === 0) return null;
  // npm takes `--seed 5` for a flag and a word, and does not say which word belonged to which flag.
  const bare = kept.filter(({ value }) => value === 'true');
  const last = bare.length === 1 ? words.at(-1) : undefined;
  const rest = bare.length === 0 ? words : bare.length === 1 ? words.slice(0, -1) : words.slice(0, 1);
  const typed = kept.flatMap(({ name, value }) => {
    if (value === null) return [`--${name}`];
    return value === 'true' ? [`--${name}`, last ?? '…'] : [`--${name}`, value];
  });
  const list = [...new Set(kept.map(({ name }) => `--${name}`))].join(', ');
  const meant = [...rest, ...typed].map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
  return `npm has kept ${list} for itself. Put -- before the options:\n  npm run ${script} -- ${meant}`;
}

/** Values that npm has stored, as text: `true` for a flag. It stores `--no-gzip` as an empty `gzip`. */
function storedOf(name: string, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const stored = env[`npm_config_${name.replace(/^no-/, '').replaceAll('-', '_')}`];
  if (name.startsWith('no-')) return stored === '' ? ['true'] : [];
  // An option that was given several times.
  return stored ? stored.split('\n\n') : [];
}
