import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  checkpointFiles,
  checkpointOf,
  newestWholeCheckpoint,
  type CheckpointFiles,
  type CheckpointLook
} from '../../../../../src/main/runners/training/checkpoint-files.ts'
import {
  onThisMachine,
  type CheckpointPlace
} from '../../../../../src/main/runners/training/checkpoint-place.ts'
import { WAIT_LIMIT_MS } from '../../../../../src/main/runners/training/wait-for-checkpoint.ts'
import { createTrainingWatch, type TrainingWatch } from '../../../../../src/main/runners/training/watch.ts'
import { until } from '../../../../support/until.ts'

const PLACE: CheckpointPlace = { folder: '/out', workingFolder: '/data', mounts: null, homeDir: '/home/u' }

/** A clock that goes on by each sleep, and a disk that a test writes to. */
function bench(onSleep: (atMs: number) => void = () => {}): {
  readonly watch: TrainingWatch
  readonly disk: Map<string, CheckpointLook>
  readonly now: () => number
} {
  let atMs = 0
  const disk = new Map<string, CheckpointLook>()
  const files: CheckpointFiles = {
    newest: async (folder) => {
      const inside = [...disk].filter(([path]) => path.startsWith(`${folder}/`))
      return inside.toSorted(([, a], [, b]) => b.newestMs - a.newestMs)[0]?.[0] ?? null
    },
    look: async (path) => disk.get(path) ?? null
  }
  const watch = createTrainingWatch({
    clock: { nowMs: () => atMs, monotonicMs: () => atMs },
    files,
    sleep: async (ms) => {
      atMs += ms
      onSleep(atMs)
      await new Promise((done) => setImmediate(done))
    }
  })
  return { watch, disk, now: () => atMs }
}

const asked = (
  watch: TrainingWatch,
  place: CheckpointPlace = PLACE
): { stops: number; words: string[]; ok: boolean } => {
  const seen = { stops: 0, words: [] as string[], ok: false }
  const result = watch.stopAfterCheckpoint('job', {
    place,
    stop: async () => void (seen.stops += 1),
    onEnd: (text) => void seen.words.push(text)
  })
  seen.ok = result.ok
  return seen
}

describe('stop after the next checkpoint', () => {
  test('waits until a new checkpoint rests; an old one does not count', async () => {
    const { watch, disk, now } = bench((atMs) => {
      // Weights at 10 s, the optimizer grows until 14 s.
      if (atMs >= 10_000 && atMs <= 14_000) {
        disk.set('/out/checkpoint-20', { files: atMs / 1000, bytes: atMs, newestMs: atMs })
      }
    })
    disk.set('/out/checkpoint-10', { files: 3, bytes: 99, newestMs: -1 })
    const seen = asked(watch)
    expect(seen.ok).toBe(true)
    expect(watch.isWaiting('job')).toBe(true)
    await until('the stop', () => seen.stops === 1)
    expect(now()).toBeGreaterThanOrEqual(19_000)
    expect(seen.words.join(' ')).toContain('/out/checkpoint-20 is complete')
    expect(watch.isWaiting('job')).toBe(false)
  })

  test('a checkpoint that the log names is found where the profile names no folder', async () => {
    const { watch, disk } = bench()
    const place = { ...PLACE, folder: null }
    expect(watch.checkpointStop('job', place)).toMatchObject({ works: false })
    expect(asked(watch, place)).toMatchObject({ ok: false, stops: 0 })
    watch.feed('job', 'Saving model checkpoint to out/checkpoint-5\n')
    expect(watch.checkpointStop('job', place).works).toBe(true)
    const seen = asked(watch, place)
    watch.feed('job', 'Saving model checkpoint to out/checkpoint-10\n')
    disk.set('/data/out/checkpoint-10', { files: 1, bytes: 5, newestMs: 1 })
    await until('the stop', () => seen.stops === 1)
    expect(seen.words.join(' ')).toContain('/data/out/checkpoint-10')
  })

  test('an empty or vanished checkpoint stops nothing; after a day it says so', async () => {
    const { watch, disk, now } = bench()
    disk.set('/out/checkpoint-1', { files: 0, bytes: 0, newestMs: 5 })
    const seen = asked(watch)
    await until('the end of the wait', () => seen.words.length > 0)
    expect(now()).toBeGreaterThan(WAIT_LIMIT_MS)
    expect(seen).toMatchObject({ stops: 0, words: [expect.stringContaining('was not stopped')] })
  })

  test('a job that ends, or a cancelled wait, is not stopped any more', async () => {
    const { watch, disk, now } = bench()
    const seen = asked(watch)
    expect(watch.cancelStop('job')).toBe(true)
    expect(watch.cancelStop('job')).toBe(false)
    disk.set('/out/checkpoint-7', { files: 1, bytes: 1, newestMs: 1 })
    const second = asked(watch)
    watch.ended('job')
    const before = now()
    await new Promise((done) => setImmediate(done))
    expect([seen.stops, second.stops, watch.isWaiting('job')]).toEqual([0, 0, false])
    expect(now() - before).toBeLessThanOrEqual(2_000)
    watch.dispose()
  })

  test('a checkpoint inside a container alone cannot be waited for', () => {
    const { watch } = bench()
    watch.feed('job', 'Saving model checkpoint to /results/checkpoint-5\n')
    const place = { ...PLACE, folder: null, mounts: [] }
    expect(watch.checkpointStop('job', place)).toMatchObject({
      works: false,
      text: expect.stringContaining('inside its container')
    })
    expect(watch.checkpointStop('job', null).works).toBe(false)
  })

  test('what a log says is kept by runner, and forgotten with it', () => {
    const { watch } = bench()
    watch.feed('a', "{'loss': 1.5, 'epoch': 0.1}\n")
    watch.feed('b', "{'loss': nan, 'epoch': 0.1}\n")
    expect(watch.progress('a')).toMatchObject({ loss: 1.5 })
    expect(watch.curve('a')).toHaveLength(1)
    expect(watch.trouble('a')).toBeNull()
    expect(watch.trouble('b')).toContain('no number')
    expect(watch.progress('c')).toBeNull()
    watch.forget('a')
    expect(watch.progress('a')).toBeNull()
  })
})

describe('checkpoints on disk', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'firebreak-checkpoints-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  test('the newest by time, whatever its number; half-written and other folders do not count', async () => {
    expect(await checkpointFiles.newest(join(dir, 'nowhere'))).toBeNull()
    for (const name of ['checkpoint-900', 'tmp-checkpoint-950', 'runs']) mkdirSync(join(dir, name))
    expect(await checkpointFiles.newest(dir)).toBe(join(dir, 'checkpoint-900'))
    await until('a later time', () => {
      rmSync(join(dir, 'checkpoint-100'), { recursive: true, force: true })
      mkdirSync(join(dir, 'checkpoint-100'))
      return checkpointFiles.newest(dir).then((found) => found === join(dir, 'checkpoint-100'))
    })
  })

  test('a run goes on from the newest one that the Trainer has finished, or from the newest where none says so', async () => {
    const atSeconds = (name: string, seconds: number): void => utimesSync(join(dir, name), seconds, seconds)
    expect(await newestWholeCheckpoint(join(dir, 'nowhere'))).toBeNull()
    for (const name of ['checkpoint-20', 'checkpoint-40', 'checkpoint-60']) mkdirSync(join(dir, name))
    const times = { 'checkpoint-20': 1_000, 'checkpoint-40': 2_000, 'checkpoint-60': 3_000 }
    for (const [name, seconds] of Object.entries(times)) atSeconds(name, seconds)
    expect(await newestWholeCheckpoint(dir)).toBe(join(dir, 'checkpoint-60'))
    // The run was ended while it wrote the third.
    for (const name of ['checkpoint-20', 'checkpoint-40']) {
      writeFileSync(join(dir, name, 'trainer_state.json'), '{}')
      atSeconds(name, times[name as keyof typeof times])
    }
    expect(await newestWholeCheckpoint(dir)).toBe(join(dir, 'checkpoint-40'))
    // Another trainer's, which never has that file.
    mkdirSync(join(dir, 'epoch_3'))
    atSeconds('epoch_3', 4_000)
    expect(await newestWholeCheckpoint(dir)).toBe(join(dir, 'epoch_3'))
  })

  test('a look sees every byte below, and does not follow a link round and round', async () => {
    const folder = join(dir, 'checkpoint-5')
    mkdirSync(join(folder, 'deep'), { recursive: true })
    writeFileSync(join(folder, 'model.safetensors'), 'x'.repeat(100))
    writeFileSync(join(folder, 'deep', 'optimizer.pt'), 'x'.repeat(50))
    symlinkSync(folder, join(folder, 'deep', 'loop'))
    const look = await checkpointFiles.look(folder)
    expect(look?.bytes).toBeGreaterThanOrEqual(150)
    expect(await checkpointFiles.look(join(dir, 'gone'))).toBeNull()
  })

  test('one file of a checkpoint stands for all of it', () => {
    expect(checkpointOf('/o/epoch_0/model-1.safetensors')).toBe('/o/epoch_0')
    expect(checkpointOf('/o/checkpoint-5')).toBe('/o/checkpoint-5')
    expect(checkpointOf('/o/final/model.bin')).toBe('/o/final/model.bin')
  })
})

describe('paths of a job on this machine', () => {
  const mounts = [
    { hostPath: '~/results', containerPath: '/results', readOnly: false },
    { hostPath: '/data/deep', containerPath: '/results/deep', readOnly: false }
  ]
  test.each([
    ['out/checkpoint-5', null, '/data', '/data/out/checkpoint-5'],
    ['/abs/checkpoint-5', null, '/data', '/abs/checkpoint-5'],
    ['~/out', null, '~/train', '/home/u/out'],
    ['out', null, '~/train', '/home/u/train/out'],
    ['/results/checkpoint-5', mounts, '/', '/home/u/results/checkpoint-5'],
    ['/results/deep/x', mounts, '/', '/data/deep/x'],
    ['checkpoint-5', mounts, '/results', '/home/u/results/checkpoint-5'],
    ['/results/../etc/passwd', mounts, '/', null],
    ['/resultsextra/x', mounts, '/', null],
    ['/elsewhere', mounts, '/', null]
  ] as const)('%s', (path, around, workingFolder, expected) => {
    expect(onThisMachine(path, { folder: null, workingFolder, mounts: around, homeDir: '/home/u' })).toBe(
      expected
    )
  })
})
