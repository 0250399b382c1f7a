/** A program and its arguments. Relative paths begin at the folder of the config, where the program runs. */
export type ProgramSettings = readonly [program: string, ...args: string[]]
