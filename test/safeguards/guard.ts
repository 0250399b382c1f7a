import type { Safeguard } from './safeguard.ts'

const TOKEN = 'test/server/guard/token.test.ts'
const ASKING = 'test/server/guard/asking.test.ts'
const GUARD = 'test/server/guard/guard.test.ts'
const ATTACKS = 'test/server/guard/attacks.test.ts'
const SERVER = 'test/server/guard/server.test.ts'
const CONFIGURED = 'test/server/guard/configured.test.ts'
const ROWS = 'test/server/rows/rowsRoute.test.ts'
const TABLE_ROWS = 'test/server/rows/tableRows.test.ts'
const PANELS = 'test/serving/store/panelAttacks.test.ts'

/** What keeps a server's answers from those who may not have them. */
export const guard: readonly Safeguard[] = [
  {
    name: 'a key is only used with its own algorithms',
    file: 'src/server/guard/token.ts',
    takes: '.filter(({ algorithms }) => algorithms.includes(alg))',
    leaves: '',
    tests: [TOKEN],
  },
  {
    name: 'a token that names a key is verified by that key alone',
    file: 'src/server/guard/token.ts',
    takes: 'kid === undefined ? fitting : fitting.filter(({ id }) => id === kid)',
    leaves: 'fitting',
    tests: [TOKEN],
  },
  {
    name: 'a token for another audience is refused',
    file: 'src/server/guard/token.ts',
    takes: '        audience: AUDIENCE,\n',
    leaves: '',
    tests: [TOKEN],
  },
  {
    name: 'a token of another type is refused',
    file: 'src/server/guard/token.ts',
    takes: 'typ: TYPE, requiredClaims',
    leaves: 'requiredClaims',
    tests: [TOKEN],
  },
  {
    name: 'a token says until when it is valid',
    file: 'src/server/guard/token.ts',
    takes: "requiredClaims: ['iat', 'exp'],",
    leaves: "requiredClaims: ['iat'],",
    tests: [TOKEN],
  },
  {
    name: 'no token is valid for longer than the config allows, however old it is',
    file: 'src/server/guard/token.ts',
    takes: '(expires - issued) * 1000 > maxLifeMs',
    leaves: 'expires * 1000 > nowMs + maxLifeMs',
    tests: [TOKEN],
  },
  {
    name: 'a restriction that is misspelt does not become a token for everything',
    file: 'src/server/guard/token.ts',
    takes: 'if (unknown !== undefined) throw new TokenRefused',
    leaves: 'if (unknown === null) throw new TokenRefused',
    tests: [TOKEN],
  },
  {
    name: 'a long token is refused before it is decoded',
    file: 'src/server/guard/token.ts',
    takes: "if (text.length > MAX_TOKEN_CHARACTERS) throw new TokenRefused('The token is too long.')",
    leaves: '',
    tests: [TOKEN],
  },
  {
    name: 'a short secret is refused',
    file: 'src/server/guard/keys.ts',
    takes: 'if (bytes >= LEAST_SECRET_BYTES) return',
    leaves: 'return',
    tests: [TOKEN, CONFIGURED],
  },
  {
    name: 'an address that others reach needs a key',
    file: 'src/server/guard/hosts.ts',
    takes: 'if (!needsToken) {',
    leaves: 'if (needsToken === undefined) {',
    tests: [ASKING, CONFIGURED],
  },
  {
    name: 'a request by another name is refused',
    file: 'src/server/guard/guard.ts',
    takes: "if (!isHostAllowed(header('Host'), names)) {",
    leaves: 'if (names === undefined) {',
    tests: [GUARD],
  },
  {
    name: 'a page of another website gets nothing',
    file: 'src/server/guard/guard.ts',
    takes: "if (asker === 'foreign' && !isForAll) {",
    leaves: "if (asker === 'foreign' && path === '') {",
    tests: [GUARD],
  },
  {
    name: 'an origin is taken only as browsers write it',
    file: 'src/lake/config/webNames.ts',
    takes: 'return origin === written ? origin : undefined',
    leaves: 'return origin',
    tests: [ASKING],
  },
  {
    name: 'a preflight of another website is allowed nothing',
    file: 'src/server/guard/guard.ts',
    takes: "if (asker !== 'listed') throw new ProblemError(403, 'Pages of this website may not ask here.')",
    leaves: '',
    tests: [GUARD],
  },
  {
    name: 'without a key, only programs of this machine are answered',
    file: 'src/server/guard/guard.ts',
    takes: 'if (!hasKeys && authorization === undefined) return grantNearby(context)',
    leaves: 'if (!hasKeys && authorization === undefined) return EVERYTHING',
    tests: [GUARD],
  },
  {
    name: 'a token that cannot be verified is not ignored',
    file: 'src/server/guard/guard.ts',
    takes: 'if (!hasKeys && authorization === undefined) return grantNearby(context)',
    leaves: 'if (!hasKeys) return grantNearby(context)',
    tests: [ATTACKS],
  },
  {
    name: 'a proxy needs a token, because it asks for others',
    file: 'src/server/guard/guard.ts',
    takes: 'isLoopback(address) && !isForwarded',
    leaves: 'isLoopback(address)',
    tests: [GUARD],
  },
  {
    name: 'a token for some websites is not one for the others',
    file: 'src/server/guard/guard.ts',
    takes: '!verified.origins.includes(origin)',
    leaves: 'verified.origins.length === 0',
    tests: [ATTACKS],
  },
  {
    name: 'a path that looks otherwise to others is refused',
    file: 'src/server/guard/requests.ts',
    takes: "if (!path.startsWith('/') || path.startsWith('//')",
    leaves: "if (!path.startsWith('/')",
    tests: [ASKING, ATTACKS],
  },
  {
    name: 'connections beyond the limit are turned away',
    file: 'src/server/guard/server.ts',
    takes: 'if (turnedAway.has(request.socket)) turnAway(response)',
    leaves: 'if (request.socket.destroyed) turnAway(response)',
    tests: [SERVER],
  },
  {
    name: 'a client that never reads is cut off',
    file: 'src/server/guard/server.ts',
    takes: '  server.timeout = limits.silenceMs\n',
    leaves: '',
    tests: [SERVER],
  },
  {
    name: 'what a token fixes narrows the rows of a table',
    file: 'src/server/rows/rowsRoute.ts',
    takes: 'filters.set(column, { values, orNull })',
    leaves: '',
    tests: [ROWS],
  },
  {
    name: 'what a token fixes cannot be changed for the rows of a table',
    file: 'src/server/rows/rowsRoute.ts',
    takes: 'if (orNull || !values.every((value) => allowed.includes(value))) {',
    leaves: 'if (values.length > MAX_VALUES) {',
    tests: [ROWS],
  },
  {
    name: 'the rows of a table that a token does not name are not there',
    file: 'src/server/rows/rowsRoute.ts',
    takes: 'if (columns === undefined || !shown.includes(name)) {',
    leaves: 'if (columns === undefined) {',
    tests: [ROWS],
  },
  {
    name: 'what reads rows for people reaches the folder of their table alone',
    file: 'src/server/rows/tableRows.ts',
    takes: 'await database.confine({ folders: [join(lakeFolder, table.folder)], files: [] })',
    leaves: '',
    tests: [TABLE_ROWS],
  },
  {
    name: 'a panel calls functions of its rows alone',
    file: 'src/serving/store/onlyModels.ts',
    takes: "if (node.class === 'FUNCTION') assertReadsItsRows(placed(name, node, text), node, functions)",
    leaves: '',
    tests: [PANELS],
  },
  {
    name: 'a name of a WITH hides no relation of DuckDB',
    file: 'src/serving/store/onlyModels.ts',
    takes: 'if (twin !== undefined) throw refused',
    leaves: 'if (twin === null) throw refused',
    tests: [PANELS],
  },
]
