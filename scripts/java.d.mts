export const OLDEST_JAVA_OF_TRINO: number;
export function findJava(leastMajor: number, env?: Readonly<Record<string, string | undefined>>): string;
