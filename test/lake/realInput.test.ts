import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answersOf } from '../support/answers.ts'
import { archivedNames } from '../support/archive.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { copySparkBronze, hasSparkBronze, SPARK_BRONZE, sparkAnswers, sparkFiles } from '../support/sparkBronze.ts'

describeWith(hasSparkBronze, SPARK_BRONZE, 'a folder that Spark wrote', () => {
  let messages: MessagesLake

  beforeAll(async () => {
    messages = await MessagesLake.open()
  })

  afterAll(() => messages.close())

  test('gives the numbers of another engine, in validate and in both reports', { timeout: 30_000 }, async () => {
    copySparkBronze(messages.landing)
    const batches = await messages.run(['land', 'silver'])
    expect(await answersOf(messages.lake)).toEqual(sparkAnswers())
    const landed = batches.filter(({ stream }) => stream === 'land')
    expect(landed.reduce((sum, { inputFiles }) => sum + inputFiles, 0)).toBe(sparkFiles().length)
    expect(archivedNames(messages.landing)).toHaveLength(sparkFiles().length)
  })

  test('leaves its marker and its checksums where they are, and names nothing', async () => {
    const left = readdirSync(messages.landing).filter((name) => name !== '_archive')
    expect(left).toContain('_SUCCESS')
    expect(left.filter((name) => !name.startsWith('.') && !name.startsWith('_'))).toEqual([])
    const { streams } = await messages.lake.status()
    expect(streams.find(({ name }) => name === 'land')).toMatchObject({ ignored: [], rejected: [], extraColumns: [] })
  })

  test('gives them again when the batches are cut small and the runs many', { timeout: 30_000 }, async () => {
    messages.clear()
    copySparkBronze(messages.landing)
    await messages.run(['land'], { limits: { maxFiles: 40 } })
    await messages.run(['silver'], { limits: { maxRows: 100 } })
    expect(await answersOf(messages.lake)).toEqual(sparkAnswers())
  })
})
