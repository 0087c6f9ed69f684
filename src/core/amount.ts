/** `1 byte`, `40 bytes`, `2 processes`: what is counted, and how many there are. */
export const amount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;
