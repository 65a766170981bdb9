// Stands in for a training script on the Hugging Face Trainer 5: prints what that prints (test/fixtures/training has logs
// of a real one) and writes checkpoint folders in the same order: weights, optimizer, and trainer_state.json last. No
// model, no GPU. FIREBREAK_TRAINER names a real one for trainer.test.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const option = (name, fallback) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? fallback : process.argv[at + 1]
}
const outputDir = option('--output_dir', 'out')
const total = Number(option('--max_steps', 1000))
const saveSteps = Number(option('--save_steps', 20))
const stepMs = Number(option('--step_ms', 50))
/** Between the weights and the rest of a checkpoint. */
const saveMs = Number(option('--save_ms', 200))
const resumed = option('--resume_from_checkpoint', null)
/** At its own level the real one says nothing of its plan and names no checkpoint. */
const tells = option('--log_level', 'passive') === 'info'
const tell = (text) => {
  if (tells) process.stderr.write(`[transformers] ${text}\n`)
}
const failAt = Number(option('--fail_at', -1))

let step = 0
if (resumed !== null) {
  step = JSON.parse(readFileSync(join(resumed, 'trainer_state.json'), 'utf8')).global_step
}
tell('***** Running training *****')
tell('  Num examples = 8,000')
tell('  Num Epochs = 1')
tell(`  Total optimization steps = ${total.toLocaleString('en-US')}`)

const bar = () => {
  const percent = Math.floor((100 * step) / total)
  const left = Math.floor(((total - step) * stepMs) / 1000)
  const time = `${String(Math.floor(left / 60)).padStart(2, '0')}:${String(left % 60).padStart(2, '0')}`
  process.stderr.write(
    `\r${String(percent).padStart(3)}%|▏         | ${step}/${total} [00:01<${time}, 20.00it/s]`
  )
}

async function save() {
  const folder = join(outputDir, `checkpoint-${step}`)
  tell(`Saving model checkpoint to ${folder}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.safetensors'), Buffer.alloc(65_536))
  await delay(saveMs)
  writeFileSync(join(folder, 'optimizer.pt'), Buffer.alloc(131_072))
  await delay(saveMs)
  writeFileSync(join(folder, 'trainer_state.json'), JSON.stringify({ global_step: step }))
}

mkdirSync(outputDir, { recursive: true })
while (step < total) {
  await delay(stepMs)
  step += 1
  bar()
  if (step % 5 === 0) {
    process.stderr.write(
      `\r${' '.repeat(47)}\r{'loss': '${(2.5 * Math.exp(-step / 200)).toPrecision(4)}', 'grad_norm': '1.1', 'learning_rate': '2e-05', 'epoch': '${(step / total).toPrecision(4)}'}\n`
    )
    bar()
  }
  if (step === failAt) {
    console.error('\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.')
    process.exit(1)
  }
  if (step % saveSteps === 0) await save()
}
