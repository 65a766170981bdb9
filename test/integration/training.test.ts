import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { followTraining, type Training } from '../../src/main/runners/training/follow.ts'
import { createTrainingWatch, type TrainingWatch } from '../../src/main/runners/training/watch.ts'
import type { FieldProfile, FieldSettings } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const TRAINER = join(import.meta.dirname, '../support/stand-in-trainer.mjs')
const ID = 'lora'

// A stand-in for a script on the Hugging Face Trainer, run by the real supervisor as a real process.
describe('a fine-tuning job', () => {
  let home: RunnerHome
  let runners: Runners
  let watch: TrainingWatch
  let training: Training
  let words: string[]

  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ stopTimeoutS: 1 })
    watch = createTrainingWatch({ clock: systemClock })
    words = []
    training = followTraining({
      runners,
      watch,
      homeDir: home.dir,
      onWords: (_id, text) => words.push(text)
    })
  })
  afterEach(async () => {
    if (viewOf(runners, ID).pids.length > 0) await runners.stop(ID)
    training.dispose()
    runners.dispose()
  })

  const profile = (settings: FieldSettings): FieldProfile => ({
    id: ID,
    kind: 'finetune',
    label: 'A LoRA',
    modelPath: 'meta-llama/Llama-3.1-8B',
    restartOnCrash: false,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null,
    settings: { script: TRAINER, binary: process.execPath, folder: home.dir, outputDir: 'out', ...settings }
  })
  async function started(one: FieldProfile): Promise<number> {
    const saved = await runners.saveProfile(one)
    if (!saved.ok) throw new Error(saved.error.message)
    const result = await runners.start(ID, undefined)
    if (!result.ok) throw new Error(result.error.message)
    const { pids } = await untilState(runners, ID, 'ready')
    return pids[0] ?? 0
  }

  test('is followed by its log, stops after its next whole checkpoint, and goes on from it', async () => {
    const args = ['--output_dir', '{output}', '--max_steps', '100000', '--save_steps', '40']
    const one = profile({ extraArgs: args })
    const pid = await started(one)
    expect(viewOf(runners, ID)).toMatchObject({ text: 'Running', port: null, url: null })
    const progress = await until('three losses', () => {
      const seen = watch.progress(ID)
      return watch.curve(ID).length >= 3 && seen
    })
    expect(progress).toMatchObject({ totalSteps: 100_000, lastCheckpoint: null })
    expect(progress.step).toBeGreaterThan(10)
    expect(watch.curve(ID).every(({ loss, step }) => loss > 0 && loss < 2.6 && step % 5 === 0)).toBe(true)

    expect(training.of(ID)).toMatchObject({
      ok: true,
      value: { checkpointStop: { works: true, text: expect.stringContaining('Hugging Face') } }
    })
    expect(training.stopAfterCheckpoint(ID)).toMatchObject({ ok: true })
    expect(isAlive(pid)).toBe(true)
    const stopped = await until('the stop', () => {
      const view = viewOf(runners, ID)
      return view.state === 'stopped' && view
    })
    expect(stopped.lastStop).toMatchObject({ left: [] })
    expect(isAlive(pid)).toBe(false)
    expect(words.join(' ')).toContain('is complete')
    const kept = /The checkpoint (\S+) is complete/.exec(words.join(' '))?.[1] ?? ''
    const { global_step: step } = JSON.parse(readFileSync(join(kept, 'trainer_state.json'), 'utf8'))

    expect(training.stopAfterCheckpoint(ID)).toMatchObject({ ok: false, error: { code: 'not-running' } })

    await started({ ...one, settings: { ...one.settings, resume: true } })
    expect(viewOf(runners, ID).commandLine.join(' ')).toContain('--resume_from_checkpoint out/checkpoint-')
    const again = await until('a step after it', () => {
      const seen = watch.progress(ID)
      return typeof seen?.step === 'number' && seen.step > step && seen
    })
    expect(again.totalSteps).toBe(100_000)
    const steps = watch.curve(ID).map((point) => point.step)
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
  })

  test('that waits for its checkpoint: asked again nothing changes, and a stop ends it at once', async () => {
    const pid = await started(profile({ extraArgs: ['--max_steps', '100000', '--save_steps', '100000'] }))
    await until('its first loss', () => watch.curve(ID).length > 0)
    expect(training.stopAfterCheckpoint(ID)).toMatchObject({ ok: true })
    expect(training.stopAfterCheckpoint(ID)).toMatchObject({ ok: true })
    expect(watch.isWaiting(ID)).toBe(true)
    expect(isAlive(pid)).toBe(true)
    const stopped = await runners.stop(ID)
    expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
    expect(isAlive(pid)).toBe(false)
    expect(viewOf(runners, ID).state).toBe('stopped')
    expect(watch.isWaiting(ID)).toBe(false)
    // What it waited for is not told of, and does not meet the next run.
    const args = ['--max_steps', '100000', '--save_steps', '5', '--log_level', 'info']
    const next = await started(profile({ extraArgs: args }))
    await until('a checkpoint of the next run', () => watch.progress(ID)?.lastCheckpoint ?? null)
    expect(watch.isWaiting(ID)).toBe(false)
    expect(isAlive(next)).toBe(true)
    expect(words).toEqual([])
  })

  test('that an earlier core started is followed from its log again', async () => {
    await started(profile({ extraArgs: ['--save_steps', '100000'] }))
    await until('two losses', () => watch.curve(ID).length >= 2)
    training.dispose()
    runners.dispose()
    runners = home.openRunners({ stopTimeoutS: 1 })
    await runners.adoptLeftRunning()
    watch = createTrainingWatch({ clock: systemClock })
    training = followTraining({ runners, watch, homeDir: home.dir, onWords: () => {} })
    await until('its losses from before and after', () => watch.curve(ID).length >= 4)
    expect(watch.curve(ID)[0]).toMatchObject({ step: 5 })
  })

  test('that runs out of GPU memory says what to do', async () => {
    await started(profile({ extraArgs: ['--step_ms', '600', '--fail_at', '5'] }))
    const failed = await until('the failure', () => {
      const view = viewOf(runners, ID)
      return view.state === 'failed' && view
    })
    expect(failed.text).toMatch(/not enough memory.*gradient checkpointing/)
  })
})
