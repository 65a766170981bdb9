import { describe, expect, test } from 'vitest'
import { stopTitle } from '../../../src/renderer/src/features/overview/holds.tsx'
import { gpuAge, gpuBytesText, gpuTrouble, noGpuWords } from '../../../src/renderer/src/format/gpu.ts'
import { machineName } from '../../../src/renderer/src/format/names.ts'
import { NO_GPU_YET } from '../../../src/shared/model/gpu.ts'
import { GIB, SCENARIOS } from '../../support/fake-core/scenarios.ts'

const plain = (text: string | null): string | null => text?.replaceAll('\u00a0', ' ') ?? null
const { gpu: healthy } = SCENARIOS.calm
const { gpu: stuck } = SCENARIOS['unknown-gpu']

describe('a GPU in trouble', () => {
  test('is said in a sentence with the age of its figures', () => {
    expect(plain(gpuTrouble(stuck))).toBe(
      'The GPU driver has not answered for 42 s; GPU figures are that old.'
    )
    expect(gpuTrouble({ ...stuck, ageMs: 'unknown' })).toBe('The GPU driver does not answer.')
    expect(plain(gpuTrouble({ ...stuck, state: 'starting' }))).toBe('GPU figures are 42 s old.')
    expect(plain(gpuAge(stuck))).toBe('42 s old')
  })

  test('is no trouble where it answers, or where there is none', () => {
    expect(gpuTrouble(healthy)).toBeNull()
    expect(gpuAge(healthy)).toBe('')
    expect(gpuTrouble(SCENARIOS.empty.gpu)).toBeNull()
    expect(gpuTrouble(NO_GPU_YET)).toBeNull()
    expect(noGpuWords(SCENARIOS.empty.gpu.state)).toBe('No GPU found')
  })
})

test('nothing on the GPU is not the same as nothing known', () => {
  expect(plain(gpuBytesText(2 * GIB, healthy))).toBe('2.0 GiB')
  expect(gpuBytesText(0, healthy, [7])).toBe('none')
  expect(gpuBytesText(0, { ...healthy, processes: [{ pid: 7, bytes: 'unknown' }] }, [7])).toBe('not reported')
  expect(gpuBytesText(0, NO_GPU_YET, [7])).toBe('not reported')
})

test('memory of the card is not promised to the system', () => {
  const [view] = SCENARIOS.discrete.runners(0)
  if (view === undefined) throw new Error('no runner')
  expect(plain(stopTitle(view, true))).toContain(
    'about 2.8 GiB of memory, and 33 GiB of the graphics card’s own'
  )
  expect(plain(stopTitle(view, false))).toContain('about 36 GiB')
})

test('a machine without a name is this machine', () => {
  expect(machineName('unknown')).toBe('This machine')
  expect(machineName('NVIDIA DGX Spark')).toBe('NVIDIA DGX Spark')
})
