import type { EngineKind } from '../kind.ts'
import { DuckdbEngine } from './engine.ts'

export const duckdb: EngineKind = {
  async open({ connect, disk }) {
    const session = await connect()
    try {
      return await DuckdbEngine.open({ session, disk })
    } catch (error) {
      session.close()
      throw error
    }
  },
}
