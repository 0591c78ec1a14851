/** What is going on, for whoever waits. */

export interface Progress {
  say(text: string): void;
}

/** Lines on stderr, each with the minutes and seconds since the start. */
export function createProgress(): Progress {
  const started = performance.now();
  return {
    say(text) {
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stderr.write(
        `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}  ${text}\n`,
      );
    },
  };
}
