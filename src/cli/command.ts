import type { Terminal } from './terminal.ts'

/** An option of the command line. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly describe: string
  /** A value as an example, for an option that takes one. */
  readonly example?: string
  /** Whether it may be given more than once. */
  readonly isMany?: true
  readonly group?: string
}

export type Options = Readonly<Record<string, Option>>

/** The options of every command. */
export const COMMON_OPTIONS = {
  config: {
    type: 'string',
    describe: 'the config of the lake (default: ./lakeweir.config.ts)',
    example: 'lakeweir.config.ts',
  },
  lake: { type: 'string', describe: "the lake's folder, instead of the one that the config names", example: 'lake' },
  debug: { type: 'boolean', describe: 'show the stack of an error' },
} as const satisfies Options

/** The words that a command takes after its name: at most one, or any number. */
export interface Words {
  readonly name: string
  readonly describe: string
  readonly isMany?: true
  /** What the help says is taken when there are none. */
  readonly default?: string
  /** What to do about a word too many, if the command's help does not say so. */
  readonly surplusRemedy?: string
}

type ValueOf<Taken extends Option> = Taken['type'] extends 'boolean'
  ? boolean
  : Taken extends { readonly isMany: true }
    ? readonly string[]
    : string

type OptionValues<Own extends Options> = {
  readonly [Name in keyof Own]?: ValueOf<Own[Name]> | undefined
}

type WordValues<Taken extends Words | undefined> = Taken extends { readonly name: infer Name extends string }
  ? Taken extends { readonly isMany: true }
    ? { readonly [Key in Name]: readonly string[] }
    : { readonly [Key in Name]?: string | undefined }
  : unknown

/** The arguments that every command has. */
export type CommonArguments = OptionValues<typeof COMMON_OPTIONS> & {
  /** The words that call this program, for commands in messages. */
  readonly program?: string | undefined
  /** The words after `--`, of a command that tells them apart. */
  readonly plainWords?: readonly string[]
}

/** The arguments of a command that takes these options and words. */
export type Arguments<Own extends Options, Taken extends Words | undefined = undefined> = CommonArguments &
  OptionValues<Own> &
  WordValues<Taken>

/** A command of the command line. */
export interface Command {
  /** Empty for the command that runs when none is named. */
  readonly name: string
  readonly describe: string
  readonly words?: Words
  /** Whether the words after `--` are told apart from the others, as `plainWords`. */
  readonly plainWordsApart?: true
  /** Its own options, besides those of every command. */
  readonly options: Options
  readonly examples: readonly (readonly [words: string, describe: string])[]
  /** A method, so that TypeScript lets commands with different arguments into one list. */
  run(argv: CommonArguments, terminal: Terminal): Promise<number>
}

interface Definition<Own extends Options, Taken extends Words | undefined> extends Command {
  readonly words?: Taken & Words
  readonly options: Own
  /** @returns the exit code */
  run(argv: Arguments<Own, Taken>, terminal: Terminal): Promise<number>
}

/** Defines a command; the types of its arguments follow from its options and words. */
export function defineCommand<const Own extends Options, const Taken extends Words | undefined = undefined>(
  command: Definition<Own, Taken>,
): Command {
  return command
}
