import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MAX_CURVE_POINTS } from '../../../../../src/shared/domain/training/curve.ts'
import {
  parseTraining,
  progressOf,
  TRAINING_START,
  type TrainingState
} from '../../../../../src/shared/domain/training/parse.ts'

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/training')
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8')
const all = (text: string, from: TrainingState = TRAINING_START): TrainingState =>
  parseTraining(text, from, 1)

const LOGS: readonly (readonly [string, object, object])[] = [
  [
    'huggingface.txt',
    { framework: 'hugging-face', checkpoints: 1, isLossBroken: false },
    {
      step: 510,
      totalSteps: 1000,
      epoch: 1.02,
      loss: 1.7,
      secondsLeft: 490,
      lastCheckpoint: 'out/checkpoint-500'
    }
  ],
  [
    'huggingface-5-quoted.txt',
    { framework: 'hugging-face' },
    { step: 5, totalSteps: 60, loss: 1.482, epoch: 0.083_33, secondsLeft: 55 }
  ],
  [
    'captured-quiet.txt',
    { framework: 'hugging-face', checkpoints: 0 },
    { step: 40, totalSteps: 40, epoch: 1.25, loss: 4.01, secondsLeft: 0, lastCheckpoint: null }
  ],
  [
    'captured-info.txt',
    { framework: 'hugging-face', checkpoints: 2 },
    { step: 10, totalSteps: 10, epoch: 0.3125, loss: 4.098, lastCheckpoint: 'out2/checkpoint-10' }
  ],
  [
    'captured-resumed.txt',
    { framework: 'hugging-face' },
    { step: 20, totalSteps: 20, epoch: 0.625, loss: 4.08, lastCheckpoint: null }
  ],
  ['huggingface-nan.txt', { isLossBroken: true }, { step: 10, totalSteps: 60, loss: 'unknown', epoch: 0.2 }],
  [
    'axolotl.txt',
    { framework: 'axolotl' },
    {
      step: 103,
      totalSteps: 412,
      loss: 1.2977,
      secondsLeft: 957,
      lastCheckpoint: './outputs/qlora/checkpoint-103'
    }
  ],
  ['unsloth.txt', { framework: 'unsloth' }, { step: 2, totalSteps: 60, loss: 2.2911, secondsLeft: 200 }],
  ['trl-dpo.txt', { framework: 'trl' }, { step: 25, totalSteps: 250, loss: 0.6421, epoch: 0.1 }],
  [
    'nemo.txt',
    { framework: 'nemo' },
    {
      step: 13,
      totalSteps: 120,
      loss: 9,
      secondsLeft: 317,
      lastCheckpoint: '/results/llama/checkpoints/step=12.ckpt'
    }
  ],
  [
    'nemo-printer.txt',
    { framework: 'nemo' },
    { step: 12, totalSteps: 119, loss: 11.03, secondsLeft: 53.5, epoch: 0 }
  ],
  [
    'lightning.txt',
    { framework: 'lightning' },
    // How many epochs there will be is not in the log, so neither is the end.
    {
      step: 240,
      totalSteps: 'unknown',
      epoch: 1.2,
      loss: 0.512,
      secondsLeft: 'unknown',
      lastCheckpoint: '/home/u/run/checkpoints/epoch=1-step=400.ckpt'
    }
  ],
  [
    'torchtune.txt',
    { framework: 'torchtune' },
    {
      step: 25,
      totalSteps: 'unknown',
      loss: 1.5405,
      lastCheckpoint: '/tmp/torchtune/llama3_1_8B/lora_single_device/epoch_0/model-00001-of-00004.safetensors'
    }
  ],
  [
    'diffusers.txt',
    { framework: 'diffusers' },
    {
      step: 500,
      totalSteps: 1000,
      loss: 0.298,
      secondsLeft: 601,
      lastCheckpoint: 'flux-dreambooth/checkpoint-500'
    }
  ],
  [
    'sd-scripts.txt',
    { checkpoints: 1 },
    {
      step: 75,
      totalSteps: 3000,
      loss: 0.402,
      secondsLeft: 11_740,
      lastCheckpoint: '/workspace/sd-scripts/models/loras/flux_dreambooth-000025.safetensors'
    }
  ],
  [
    'megatron.txt',
    { framework: 'megatron' },
    { step: 10, totalSteps: 1000, loss: 10.712_34, secondsLeft: 990 * 1.2345, lastCheckpoint: '/ckpt' }
  ]
]

describe('training logs', () => {
  test.each(LOGS)('%s', (name, state, progress) => {
    const seen = all(read(name))
    expect(seen).toMatchObject(state)
    expect(progressOf(seen)).toMatchObject(progress)
  })

  test.each(LOGS.map(([name]) => name))('%s cut anywhere says the same in the end', (name) => {
    const text = read(name)
    const whole = progressOf(all(text))
    for (const size of [1, 7, 64]) {
      let state = TRAINING_START
      for (let at = 0; at < text.length; at += size) state = all(text.slice(at, at + size), state)
      expect(progressOf(state), `pieces of ${size}`).toEqual(whole)
    }
  })

  test('the curve has each logged loss at its step, and no loss of an evaluation', () => {
    expect(all(read('huggingface.txt')).curve.map(({ step, loss }) => [step, loss])).toEqual([
      [10, 2.4],
      [20, 2.3],
      [30, 2.2],
      [510, 1.7]
    ])
  })

  test('of a real run each logged loss is at its step, also while it goes and where it goes on', () => {
    const points = (text: string): string =>
      all(text)
        .curve.map(({ step, loss }) => `${step}:${loss}`)
        .join(' ')
    expect(points(read('captured-quiet.txt'))).toBe(
      '5:4.156 10:4.121 15:4.089 20:4.062 25:4.045 30:4.031 35:4.017 40:4.01'
    )
    expect(points(read('captured-resumed.txt'))).toBe('15:4.093 20:4.08')
    const halfway = read('captured-quiet.txt').split('| 18/40')[0] ?? ''
    expect(progressOf(all(halfway))).toMatchObject({ step: 17, totalSteps: 40, secondsLeft: 8, loss: 4.089 })
  })

  test('a loss without any bar is numbered', () => {
    const log = "{'loss': 2.0, 'epoch': 0.1}\n{'loss': 1.5, 'epoch': 0.2}\n"
    expect(all(log).curve.map(({ step, loss }) => [step, loss])).toEqual([
      [1, 2],
      [2, 1.5]
    ])
  })

  test('a bar in the unfinished line counts already', () => {
    expect(progressOf(all('\r 12%|█▏        | 120/1000 [01:02<07:35,  1.93it/s]'))).toMatchObject({
      step: 120,
      totalSteps: 1000,
      secondsLeft: 455
    })
  })

  test('bars of downloads, data and shards are no steps', () => {
    const bars = [
      'model.safetensors:  12%|█▏        | 1.2G/9.98G [00:10<01:02, 120MB/s]',
      'Map:  12%|█▏        | 120/1000 [00:10<01:02, 93.1 examples/s]',
      'Loading checkpoint shards:  50%|█████     | 2/4 [00:03<00:03,  1.5s/it]',
      ' 12%|█▏        | 120/1000 [00:10<01:02, 93.1 examples/s]'
    ]
    for (const bar of bars) expect(progressOf(all(`${bar}\n`)), bar).toBeNull()
  })

  test('a log that says nothing of training has no progress', () => {
    expect(progressOf(all('INFO: Started server process [1]\n{"loss": "of packets"}\n'))).toBeNull()
  })

  test('a new launch in the same log begins anew; going on from a checkpoint continues the curve', () => {
    const first = all(read('huggingface.txt'))
    const again = all(
      '--- 2026-11-20T12:00:00.000Z python train.py\n\r  2%|▏ | 20/1000 [00:20<16:00, 1.0s/it]' +
        "\r{'loss': 2.1, 'epoch': 0.04}\n\r  2%|▏ | 20/1000 [00:20<16:00, 1.0s/it]",
      first
    )
    expect(progressOf(again)).toMatchObject({ step: 20, lastCheckpoint: null })
    expect(again.curve.map(({ step, loss }) => [step, loss])).toEqual([
      [10, 2.4],
      [20, 2.1]
    ])
  })
})

describe('hostile logs', () => {
  test('stay bounded: a line without end, a flood of losses', () => {
    const endless = Array.from({ length: 40 }).reduce<TrainingState>(
      (state) => all('x'.repeat(100_000), state),
      TRAINING_START
    )
    expect(endless.rest.length).toBeLessThanOrEqual(4_096)
    let state = TRAINING_START
    for (let step = 1; step <= 9_000; step += 1) {
      const loss = step === 4_321 ? 99 : 2 - step / 10_000
      state = all(`step ${step}/9000 loss: ${loss}\n`, state)
      expect(state.curve.length).toBeLessThanOrEqual(MAX_CURVE_POINTS)
    }
    expect(Math.max(...state.curve.map(({ loss }) => loss))).toBe(99)
    expect(state.curve.at(-1)).toMatchObject({ step: 9_000, loss: 1.1 })
    const steps = state.curve.map(({ step }) => step)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  })

  test('a flood of losses at one step leaves one point, and the state before is not touched', () => {
    const before = all('step 5/9 loss: 1\nstep 6/9 loss: 2\n')
    const after = all("{'loss': 3}\n".repeat(20_000), before)
    expect(before.curve.map(({ loss }) => loss)).toEqual([1, 2])
    expect(after.curve.map(({ step, loss }) => [step, loss])).toEqual([
      [5, 1],
      [6, 3]
    ])
  })

  test.each([
    '\u0000\u0001\uFFFD'.repeat(2_000),
    "{'loss': ".repeat(500),
    `${' '.repeat(4_000)}12%|`,
    `${'9'.repeat(400)}%|█| ${'9'.repeat(400)}/1 [0<0]`,
    "{'loss': 1e9999, 'epoch': -1e9999}\n",
    'step 99999999999999999999/1 loss: 1\n',
    ' 50%|█████ | 7/0 [00:00<00:00, 1it/s]\n',
    ' 50%|█████ | 9/4 [00:00<00:00, 1it/s]\n',
    `Saving model checkpoint to ${'/x'.repeat(3_000)}\n`,
    'constructor __proto__ step 1 loss: inf\n'
  ])('%#: throws nothing and says no figure that is none', (text) => {
    const progress = progressOf(all(text))
    const figures = progress === null ? [] : Object.values(progress)
    for (const figure of figures) if (typeof figure === 'number') expect(Number.isFinite(figure)).toBe(true)
  })
})
