import { KeptLake, MODELS, OTHER_MODELS } from './keptLake.ts'

// A program that a test kills: it takes all batches of a kept lake that the store does not have, says what it does
// before and after each, and when it asks for the table's files, and tidies up in between. Usage: keepBatches.ts FOLDER
// [other]; `other`: with other models, which are built meanwhile where the store has none of them

const [folder = '', models = ''] = process.argv.slice(2)
const lake = await KeptLake.make(folder, { models: models === 'other' ? { ...MODELS, ...OTHER_MODELS } : MODELS })
const { filesUpTo } = lake.parts
lake.setParts({
  filesUpTo: async (position) => {
    process.stdout.write(`files ${position.batch}\n`)
    return filesUpTo(position)
  },
})
await lake.openUnsettled()
process.stdout.write('open\n')
void lake.settle().then(() => process.stdout.write('built\n'))
for (let batch = lake.takenBatch; batch < lake.files.length; batch++) {
  process.stdout.write(`begin ${batch + 1}\n`)
  const outcome = await lake.write(lake.nextPortion(batch + 1))
  if (outcome.kind === 'failed') throw outcome.error
  process.stdout.write(`done ${batch + 1}\n`)
  if (batch % 5 === 4) {
    process.stdout.write(`tidy ${batch + 1}\n`)
    await lake.writer.idle()
  }
}
await lake.end()
process.stdout.write('end\n')
