import { Gauge, type Registry } from 'prom-client'

/** What a server can say of the lake that it serves, when it is asked. */
export interface LiveFacts {
  /** Stream → how many files it has rejected. */
  rejectedFiles(): Promise<ReadonlyMap<string, number>>
  /** The bytes of the store's file; undefined if there is none. */
  storeBytes(): Promise<number | undefined>
  /** What the kept relations take in memory, and how many keys they have. */
  relations(): readonly { readonly name: string; readonly keys: number | undefined; readonly memoryBytes: number }[]
}

/** Shows how large the live aggregates are, and what was rejected on the way to them. */
export function showLiveFacts(registry: Registry, facts: LiveFacts): void {
  const registers = [registry]
  new Gauge({
    name: 'lakeweir_rejected_files',
    help: 'Files in landing folders that cannot be taken.',
    labelNames: ['stream'],
    registers,
    async collect() {
      this.reset()
      for (const [stream, files] of await facts.rejectedFiles()) this.set({ stream }, files)
    },
  })
  new Gauge({
    name: 'lakeweir_live_store_bytes',
    help: 'The size of the store of live aggregates.',
    registers,
    async collect() {
      const bytes = await facts.storeBytes()
      if (bytes === undefined) this.reset()
      else this.set(bytes)
    },
  })
  const ofRelations = (
    name: string,
    help: string,
    read: (size: { keys: number | undefined; memoryBytes: number }) => number | undefined,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: ['relation'],
      registers,
      collect() {
        this.reset()
        for (const { name: relation, ...size } of facts.relations()) {
          const value = read(size)
          if (value !== undefined) this.set({ relation }, value)
        }
      },
    })
  }
  ofRelations('lakeweir_live_relation_keys', 'The keys of a kept relation.', ({ keys }) => keys)
  ofRelations('lakeweir_live_relation_bytes', 'What it takes in memory.', ({ memoryBytes }) => memoryBytes)
}
