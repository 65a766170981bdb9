import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NvmlApi } from '../../../../src/main/gpu-probe/nvml/api.ts'
import { createReader, type ReaderParts } from '../../../../src/main/gpu-probe/reader.ts'
import type { SmiRunner } from '../../../../src/main/gpu-probe/smi/run.ts'
import { err, ok } from '../../../../src/shared/util/result.ts'
import { addStrixHalo, createAmdTree, type AmdTree } from './amd-tree.ts'

const DEVICE = '0, NVIDIA GB10, 580.1, [N/A], [N/A], [N/A], 0, 52, 10.8, 2405\n'
const noLibrary = (): NvmlApi => {
  throw new Error('no such library')
}

describe('the order of GPU sources', () => {
  let tree: AmdTree
  let nowMs = 0
  beforeEach(() => {
    tree = createAmdTree()
    nowMs = 0
  })
  afterEach(() => tree.remove())

  const reader = (parts: Partial<ReaderParts>) =>
    createReader({
      procRoot: tree.procRoot,
      sysRoot: tree.sysRoot,
      idsFile: tree.idsFile,
      arch: 'arm64',
      monotonicMs: () => nowMs,
      loadNvml: noLibrary,
      smi: { run: async () => err({ kind: 'missing', why: 'no nvidia-smi' }) },
      ...parts
    })
  const smi = (
    ...answers: readonly Awaited<ReturnType<SmiRunner['run']>>[]
  ): SmiRunner & { calls: number } => ({
    calls: 0,
    async run() {
      return answers[Math.min(this.calls++, answers.length - 1)]!
    }
  })

  it('says none, and why, when there is nothing', async () => {
    expect(await reader({}).read()).toEqual({
      reading: {
        source: 'none',
        topology: 'none',
        driverVersion: null,
        devices: [],
        processes: [],
        note: 'No GPU was found: no such library; no nvidia-smi; no AMD GPU in sysfs.'
      }
    })
  })

  it('uses nvidia-smi without the library, and AMD without both', async () => {
    expect(await reader({ smi: smi(ok(DEVICE), ok('GPU-1, 3150, 218\n')) }).read()).toMatchObject({
      reading: {
        source: 'nvidia-smi',
        topology: 'unified',
        processes: [{ pid: 3150, bytes: 218 * 1024 ** 2 }]
      }
    })
    addStrixHalo(tree)
    expect(await reader({}).read()).toMatchObject({ reading: { source: 'amdgpu', topology: 'amd-apu' } })
  })

  it('looks for a missing driver once a minute, not every reading', async () => {
    let loads = 0
    const runner = smi(err({ kind: 'missing', why: 'no nvidia-smi' }))
    const asked = reader({ smi: runner, loadNvml: () => (loads++, noLibrary()) })
    for (nowMs = 0; nowMs < 60_000; nowMs += 2_000) await asked.read()
    expect([loads, runner.calls]).toEqual([1, 1])
    nowMs = 60_000
    await asked.read()
    expect([loads, runner.calls]).toEqual([2, 2])
  })

  it.each([
    ['a hang', err({ kind: 'hung' as const, why: 'nvidia-smi did not end' })],
    ['nonsense', ok('+-----+\n')],
    ['a half-read list', ok('GPU-1, 3150\n')]
  ])('answers %s with an error, never with half a reading', async (_what, answer) => {
    const first = await reader({ smi: smi(answer) }).read()
    expect(first).toHaveProperty('error')
    expect(await reader({ smi: smi(ok(DEVICE), answer) }).read()).toHaveProperty('error')
  })

  it('never turns a GPU that was there into no GPU', async () => {
    addStrixHalo(tree)
    const asked = reader({ smi: smi(ok(DEVICE), ok(''), err({ kind: 'refused', why: 'no driver' })) })
    expect(await asked.read()).toHaveProperty('reading')
    expect(await asked.read()).toEqual({ error: 'no driver' })
  })
})
