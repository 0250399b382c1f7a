// Replaces the package string-width in the built command line.
export { widthOf as default } from '../src/cli/text.ts'
