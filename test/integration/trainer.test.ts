import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { followTraining } from '../../src/main/runners/training/follow.ts'
import { createTrainingWatch } from '../../src/main/runners/training/watch.ts'
import type { FieldProfile } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

/** A Python with transformers, torch and accelerate; without it a stand-in. */
const real = process.env['FIREBREAK_TRAINER']
const SUPPORT = join(import.meta.dirname, '../support')
const ID = 'tiny'
/** Ends only when it is ended. */
const OPTIONS =
  '--output_dir {output} --max_steps 100000 --save_steps 20 --logging_steps 5 --use_cpu true --report_to none'
/** PyTorch alone takes up to a minute to be imported where its files were not read before. */
const TRAINING_DEADLINE_MS = 240_000

describe(`the Hugging Face Trainer (${real === undefined ? 'stand-in' : 'real'})`, () => {
  let home: RunnerHome
  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())

  const script = (): string => {
    if (real === undefined) return join(SUPPORT, 'stand-in-trainer.mjs')
    // Where a Python in a root of its own can see it, too.
    const copy = join(home.dir, 'train_tiny_llama.py')
    copyFileSync(join(SUPPORT, 'train_tiny_llama.py'), copy)
    return copy
  }

  test(
    'is followed step by step, stops after a whole checkpoint, and goes on from it',
    { timeout: 2 * TRAINING_DEADLINE_MS },
    async () => {
      const profile: FieldProfile = {
        id: ID,
        kind: 'finetune',
        label: 'A tiny Llama',
        modelPath: 'none/tiny-llama',
        restartOnCrash: false,
        importance: 'normal',
        pinned: false,
        floorBytes: null,
        lan: false,
        container: null,
        settings: {
          script: script(),
          binary: real ?? process.execPath,
          folder: home.dir,
          outputDir: 'out',
          extraArgs: OPTIONS.split(' ')
        }
      }
      const watch = createTrainingWatch({ clock: systemClock })
      const runners = home.openRunners({ stopTimeoutS: 5 })
      const words: string[] = []
      const training = followTraining({
        runners,
        watch,
        homeDir: home.dir,
        onWords: (_id, text) => words.push(text)
      })
      const start = async (one: FieldProfile): Promise<number> => {
        expect(await runners.saveProfile(one)).toMatchObject({ ok: true })
        const started = await runners.start(ID, undefined)
        if (!started.ok) throw new Error(started.error.message)
        return (await untilState(runners, ID, 'ready')).pids[0] ?? 0
      }
      const running = (): ReturnType<typeof watch.progress> => {
        const { state, text } = viewOf(runners, ID)
        if (state === 'failed') throw new Error(text)
        return watch.progress(ID)
      }

      const pid = await start(profile)
      const progress = await until(
        'three losses',
        () => {
          const seen = running()
          return watch.curve(ID).length >= 3 && seen
        },
        TRAINING_DEADLINE_MS
      )
      expect(progress).toMatchObject({
        totalSteps: 100_000,
        epoch: expect.any(Number),
        loss: expect.any(Number),
        secondsLeft: expect.any(Number)
      })
      expect(progress.step).toBeGreaterThanOrEqual(15)
      const curve = watch.curve(ID)
      expect(curve.slice(0, 3).map(({ step }) => step)).toEqual([5, 10, 15])
      // It learns.
      expect(curve[2]?.loss).toBeLessThan(curve[0]?.loss ?? 0)

      expect(training.of(ID)).toMatchObject({ ok: true, value: { checkpointStop: { works: true } } })
      expect(training.stopAfterCheckpoint(ID)).toMatchObject({ ok: true })
      expect(isAlive(pid)).toBe(true)
      const stopped = await until(
        'the stop after a checkpoint',
        () => {
          const view = viewOf(runners, ID)
          return view.state === 'stopped' && view
        },
        TRAINING_DEADLINE_MS
      )
      expect(stopped.lastStop).toMatchObject({ left: [] })
      expect(isAlive(pid)).toBe(false)
      const kept = /The checkpoint (\S+) is complete/.exec(words.join(' '))?.[1] ?? ''
      expect(existsSync(join(kept, 'model.safetensors'))).toBe(true)
      const state = readFileSync(join(kept, 'trainer_state.json'), 'utf8')
      const { global_step: savedStep } = JSON.parse(state) as { global_step: number }
      expect(savedStep % 20).toBe(0)

      await start({ ...profile, settings: { ...profile.settings, resume: true } })
      const line = viewOf(runners, ID).commandLine
      const from = line[line.indexOf('--resume_from_checkpoint') + 1] ?? ''
      expect(from).toMatch(/^out\/checkpoint-\d+$/)
      const resumedAt = Number(from.split('-')[1])
      expect(resumedAt).toBeGreaterThanOrEqual(savedStep)
      await until(
        'a loss after it',
        () => running() !== null && (watch.curve(ID).at(-1)?.step ?? 0) > resumedAt,
        TRAINING_DEADLINE_MS
      )
      const steps = watch.curve(ID).map((point) => point.step)
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
      expect(await runners.stop(ID)).toMatchObject({ ok: true, value: { left: [] } })
      training.dispose()
      runners.dispose()
    }
  )
})
