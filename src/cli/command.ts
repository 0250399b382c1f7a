import type { Terminal } from './terminal.ts'

/** An option of the command line. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly describe: string
  /** A value that it may have; those without one take none. */
  readonly example?: string
  readonly group?: string
}

export type Options = Readonly<Record<string, Option>>

/** What every command takes. */
export const COMMON_OPTIONS = {
  config: {
    type: 'string',
    describe: 'the config of the lake (default: ./lakeweir.config.ts)',
    example: 'lakeweir.config.ts',
  },
  lake: { type: 'string', describe: "the lake's folder, instead of the one that the config names", example: 'lake' },
  debug: { type: 'boolean', describe: 'show the stack of an error' },
} as const satisfies Options

/** The words that a command takes after its name: one at most, or as many as there are. */
export interface Words {
  readonly name: string
  readonly describe: string
  readonly isMany?: true
  /** What stands for them in the help where none is there. */
  readonly default?: string
  /** What to do about a word too many, where the command's help would not say it. */
  readonly surplusRemedy?: string
}

type OptionValues<Own extends Options> = {
  readonly [Name in keyof Own]?: (Own[Name]['type'] extends 'boolean' ? boolean : string) | undefined
}

type WordValues<Taken extends Words | undefined> = Taken extends { readonly name: infer Name extends string }
  ? Taken extends { readonly isMany: true }
    ? { readonly [Key in Name]: readonly string[] }
    : { readonly [Key in Name]?: string | undefined }
  : unknown

/** What the command line says of every command. */
export type CommonArguments = OptionValues<typeof COMMON_OPTIONS> & {
  /** How the program is called where this runs. */
  readonly program?: string | undefined
}

/** What the command line says of a command that takes these options and words. */
export type Arguments<Own extends Options, Taken extends Words | undefined = undefined> = CommonArguments &
  OptionValues<Own> &
  WordValues<Taken>

/** A command of the command line. */
export interface Command {
  /** Empty: what runs where no command is named. */
  readonly name: string
  readonly describe: string
  readonly words?: Words
  /** What it takes besides the options of every command. */
  readonly options: Options
  readonly examples: readonly (readonly [words: string, describe: string])[]
  /** A method, so that commands of other options stand in one list: each gets what its own options and words say. */
  run(argv: CommonArguments, terminal: Terminal): Promise<number>
}

interface Definition<Own extends Options, Taken extends Words | undefined> extends Command {
  readonly words?: Taken & Words
  readonly options: Own
  /** @returns the exit code */
  run(argv: Arguments<Own, Taken>, terminal: Terminal): Promise<number>
}

/** A command whose arguments have the types that its options and words say. */
export function defineCommand<const Own extends Options, const Taken extends Words | undefined = undefined>(
  command: Definition<Own, Taken>,
): Command {
  return command
}
