/** What an engine did wrong, as a clause that begins with a small letter and has no full stop. */
export class Fault extends Error {}
