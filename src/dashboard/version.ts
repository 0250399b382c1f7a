declare const LAKEWEIR_VERSION: string

/** The version of this dashboard, which the build writes here. The server says its own. */
export const VERSION: string = LAKEWEIR_VERSION
