/** What a command line calls standard input, or standard output, where it names a file. */
export const STANDARD = "-";
