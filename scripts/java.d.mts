export const OLDEST_JAVA_OF_TRINO: number;
export function findJava(minMajor: number, env?: Readonly<Record<string, string | undefined>>): string;
