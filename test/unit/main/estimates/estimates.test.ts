import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEstimates } from '../../../../src/main/estimates/estimates.ts'
import type { EstimatesPorts } from '../../../../src/main/estimates/ports.ts'
import { createFacts } from '../../../../src/main/estimates/facts.ts'
import { baseName, otherQuants } from '../../../../src/main/estimates/other-quants.ts'
import { createPlanner } from '../../../../src/main/estimates/planner/planner.ts'
import type { Estimates } from '../../../../src/main/estimates/types.ts'
import { runKey } from '../../../../src/main/estimates/measured/run-key.ts'
import { createModelFactsReader, type ModelFactsReader } from '../../../../src/main/models/model-facts.ts'
import type { ModelOnDisk } from '../../../../src/main/models/types.ts'
import { systemClock } from '../../../../src/main/platform/system.ts'
import type { Profile, RunnerView } from '../../../../src/shared/model/runner.ts'
import { err } from '../../../../src/shared/util/result.ts'
import { sampleRunner } from '../../../support/fake-core.ts'
import { makeGguf } from '../../../support/make-gguf.ts'
import { until } from '../../../support/until.ts'
import { llamaCppProfile } from '../../../support/llamacpp-profile.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

let dir: string
let opened: Estimates[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-estimates-'))
  opened = []
})
afterEach(() => {
  for (const estimates of opened) estimates.dispose()
  rmSync(dir, { recursive: true, force: true })
})

const reader = () => createFacts({ reader: createModelFactsReader(), env: {}, homeDir: dir })
function open(more: Partial<EstimatesPorts> = {}): Estimates {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const estimates = createEstimates({
    clock: systemClock,
    logger,
    storePath: join(dir, 'measured.json'),
    storeAccess: 'own',
    programOf: async () => null,
    machine: () => ({ memTotalBytes: 64 * GIB, memAvailableBytes: 40 * GIB, topology: 'unified' }),
    isGpuKnown: () => true,
    gpuName: () => 'NVIDIA GB10',
    facts: reader(),
    findModels: async () => [],
    planner: null,
    allocatableBytes: () => 36 * GIB,
    mostBytes: () => 60 * GIB,
    runners: () => [],
    ...more
  })
  opened.push(estimates)
  return estimates
}
const model = (name = 'tiny.gguf'): string => makeGguf(join(dir, name))
const modelOnDisk = (path: string, label: string, sizeBytes: number): ModelOnDisk => ({
  path,
  label,
  sizeBytes,
  format: 'gguf',
  store: 'folder',
  repository: null,
  mmprojPath: null,
  parts: 1,
  isPartial: false
})
/** A stand-in for llama-fit-params, beside a server. */
const standIn = (text: string) => {
  mkdirSync(join(dir, 'bin'), { recursive: true })
  writeFileSync(join(dir, 'bin', 'llama-fit-params'), `#!/bin/sh\n${text}\n`)
  chmodSync(join(dir, 'bin', 'llama-fit-params'), 0o755)
  return createPlanner({
    clock: systemClock,
    serverOf: async () => join(dir, 'bin', 'llama-server'),
    env: process.env
  })
}

describe('the estimate that counts', () => {
  it('is the formula where nothing is better, with its verdict and the ceiling of its speed', async () => {
    const view = await open().view(llamaCppProfile(model()))
    expect(view).toMatchObject({
      ok: true,
      value: {
        estimate: { source: 'formula' },
        formula: null,
        measured: null,
        verdict: 'fits',
        allocatableBytes: 36 * GIB,
        options: [],
        ceilingTokensPerS: expect.any(Number)
      }
    })
  })

  it('of one that runs already is judged with nothing of it counted against itself', async () => {
    const estimates = open({ allocatableBytes: (exceptId) => (exceptId === 'x' ? 36 * GIB : 0) })
    expect(await estimates.view(llamaCppProfile(model()))).toMatchObject({ value: { verdict: 'fits' } })
  })

  it('is the planner where there is one, beside the formula', async () => {
    const planner = standIn('echo "CUDA0 0 8 300 "; echo "Host 0 0 20 "')
    const { estimate, formula } = await open({ planner }).of(llamaCppProfile(model()))
    expect(estimate.source).toBe('planner')
    expect(estimate.parts.find(({ id }) => id === 'compute-device')?.expectedBytes).toBe(300.5 * MIB)
    expect(formula).not.toBeNull()
  })

  it('is the formula, with a note, where the planner is of no help', async () => {
    const planner = standIn('exit 7')
    const { estimate } = await open({ planner }).of(llamaCppProfile(model()))
    expect(estimate.source).toBe('formula')
    expect(estimate.notes.join(' ')).toContain('code 7')
  })

  it('does not ask the planner, which opens the GPU, where memory is short', async () => {
    const planner = standIn('echo "CUDA0 0 8 300 "; echo "Host 0 0 20 "')
    const machine = () => ({ memTotalBytes: 64 * GIB, memAvailableBytes: GIB, topology: 'unified' }) as const
    expect((await open({ planner, machine }).of(llamaCppProfile(model()))).estimate.source).toBe('formula')
  })

  it('is what was measured of the same run, over both', async () => {
    const planner = standIn('echo "CUDA0 0 8 300 "; echo "Host 0 0 20 "')
    const estimates = open({ planner })
    const profile = llamaCppProfile(model())
    const before = await estimates.of(profile)
    await run(estimates, profile, 2)
    const { estimate, formula, measured } = await estimates.of(profile)
    expect(estimate.source).toBe('measured')
    expect(estimate.total.expectedBytes).toBe(2 * GIB)
    expect(measured).toMatchObject({ restingBytes: 2 * GIB, runs: 1 })
    expect(measured?.errorPct).toBeLessThan(0)
    expect(formula).toEqual(before.formula)
    const other = await estimates.of({ ...profile, settings: { ...profile.settings, contextTokens: 4096 } })
    expect(other.measured).toBeNull()
  })

  it('is of the settings of the launch, whatever is estimated of it meanwhile', async () => {
    const estimates = open()
    const saved = llamaCppProfile(model())
    const launched = llamaCppProfile(saved.modelPath, { contextTokens: 2048 })
    await estimates.of(saved)
    await run(estimates, launched, 2)
    expect((await estimates.of(launched)).measured).not.toBeNull()
    expect((await estimates.of(saved)).measured).toBeNull()
  })

  it('of a job that is ready before it loads leaves all of it to be claimed', async () => {
    const estimates = open()
    const { settings: _, ...common } = llamaCppProfile('')
    const job: Profile = { ...common, kind: 'custom', settings: { command: ['/bin/job'], ready: 'running' } }
    await run(estimates, job, 3)
    const { estimate } = await estimates.of(job)
    expect(estimate).toMatchObject({ source: 'measured', growthBytes: 3 * GIB })
  })

  it('is not below the weights of an architecture that is not known', async () => {
    const estimates = open()
    const shape = { layers: 8, embedding: 512, feedForward: 2048, vocabulary: 8192 }
    const profile = llamaCppProfile(makeGguf(join(dir, 'new.gguf'), { ...shape, architecture: 'brandnew' }))
    const { total, confidence } = (await estimates.of(profile)).estimate
    expect(confidence).toBe('unknown')
    expect(total.lowBytes).toBeGreaterThan(10 * MIB)
    await run(estimates, profile, MIB / GIB)
    expect((await estimates.of(profile)).estimate.total.expectedBytes).toBe(total.lowBytes)
  })
})

/** One run as the supervisor shows it, until it is kept. */
async function run(estimates: Estimates, shown: Profile, gib: number): Promise<void> {
  const view = (state: RunnerView['state']): RunnerView => ({
    ...sampleRunner('x', 'ready'),
    id: shown.id,
    kind: shown.kind,
    state,
    startedAtMs: 1,
    pids: [7],
    bytes: { gpuBytes: gib * GIB, hostBytes: 0, fileBytes: 0 },
    activity: null,
    stuck: null,
    frozen: false
  })
  estimates.observe(shown, view('loading'))
  await until('the run to be kept', async () => {
    estimates.observe(shown, view('ready'))
    const found = await estimates.view(shown)
    return found.ok && found.value.measured !== null
  })
}

function writeMeasured(key: string | null): void {
  const entry = { key, restingBytes: GIB, peakBytes: GIB, runs: 1, lastAtMs: 1 }
  writeFileSync(join(dir, 'measured.json'), JSON.stringify({ version: 1, entries: [entry] }))
}

describe('what cannot be told', () => {
  it('is unknown with the reason for a launch, and an error for who asks for a file that is not there', async () => {
    const profile = llamaCppProfile(join(dir, 'gone.gguf'))
    const { estimate } = await open().of(profile)
    expect(estimate.confidence).toBe('unknown')
    expect(estimate.notes.join(' ')).toContain('gone.gguf')
    expect(await open().view(profile)).toMatchObject({ ok: false, error: { code: 'model-missing' } })
  })

  it('is unknown where the files do not answer, and one read alone waits for them', async () => {
    let reads = 0
    const facts = createFacts({
      reader: {
        read() {
          reads += 1
          return new Promise(() => undefined)
        }
      },
      env: {},
      homeDir: dir,
      timeoutMs: 20
    })
    const estimates = open({ facts })
    const both = await Promise.all([
      estimates.of(llamaCppProfile('/net/x.gguf')),
      estimates.of(llamaCppProfile('/net/x.gguf'))
    ])
    for (const { estimate } of both) {
      expect(estimate.confidence).toBe('unknown')
      expect(estimate.notes.join(' ')).toContain('could not be read within')
    }
    await estimates.of(llamaCppProfile('/net/x.gguf'))
    expect(reads).toBe(1)
    expect(await estimates.facts('/net/x.gguf', 'llamacpp')).toMatchObject({ error: { code: 'timeout' } })
  })

  it('is said at once where two reads hang already, and holds no more threads, until one of them ends', async () => {
    const begun: string[] = []
    const ends = new Map<string, () => void>()
    const facts = createFacts({
      reader: {
        read(path) {
          begun.push(path)
          const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<ModelFactsReader['read']>>>()
          ends.set(path, () => resolve({ ok: false, error: { kind: 'missing', message: 'gone' } }))
          return promise
        }
      },
      env: {},
      homeDir: dir,
      timeoutMs: 20
    })
    const paths = Array.from({ length: 60 }, (_, at) => `/net/${at}.gguf`)
    const answers = await Promise.all(paths.map((path) => facts.of(path, 'llamacpp')))
    expect(answers.map((answer) => answer.ok || answer.error.code)).toEqual(paths.map(() => 'timeout'))
    expect(begun).toEqual(['/net/0.gguf', '/net/1.gguf'])
    expect(await facts.of('/local/x.gguf', 'llamacpp')).toMatchObject({ error: { code: 'timeout' } })
    expect(begun).toHaveLength(2)
    ends.get('/net/0.gguf')?.()
    await until('a thread to be free again', async () => {
      const asked = facts.of('/local/x.gguf', 'llamacpp')
      ends.get('/local/x.gguf')?.()
      const answer = await asked
      return !answer.ok && answer.error.code === 'model-missing'
    })
  })

  it('is not asked of the files a second time where they do not answer', async () => {
    const profile = llamaCppProfile(model())
    writeMeasured(await runKey(profile, 64 * GIB, null))
    const { measured } = await open({
      facts: { of: async () => err({ code: 'timeout', message: 'no' }) }
    }).of(profile)
    expect(measured).toBeNull()
    expect((await open().of(profile)).measured).not.toBeNull()
  })

  it('is unknown where an estimator throws', async () => {
    const facts = { of: () => Promise.reject(new Error('a mistake')) }
    const { estimate } = await open({ facts }).of(llamaCppProfile('/m/x.gguf'))
    expect(estimate).toMatchObject({ confidence: 'unknown', source: 'formula' })
  })

  it('of a folder of models is no error: a router serves them all', async () => {
    mkdirSync(join(dir, 'models'))
    for (const name of ['a', 'b']) makeGguf(join(dir, 'models', `${name}.gguf`))
    const view = await open().view(llamaCppProfile(join(dir, 'models')))
    expect(view).toMatchObject({ ok: true, value: { verdict: 'unknown' } })
  })

  it('of a model that may be fetched is no error', async () => {
    const profile: Profile = { ...llamaCppProfile(''), kind: 'vllm', modelPath: 'owner/name', settings: {} }
    const view = await open().view(profile)
    expect(view.ok).toBe(true)
  })
})

describe('a GPU with memory of its own', () => {
  it('is not judged by the memory of the machine', async () => {
    const machine = () =>
      ({ memTotalBytes: 64 * GIB, memAvailableBytes: 40 * GIB, topology: 'discrete' }) as const
    const view = await open({ machine, allocatableBytes: () => 0 }).view(llamaCppProfile(model()))
    expect(view).toMatchObject({ value: { verdict: 'unknown', options: [] } })
  })
})

describe('ways out', () => {
  it('include smaller files of the same model, with the same settings', async () => {
    const shape = { layers: 8, embedding: 512, feedForward: 2048, vocabulary: 8192 }
    const large = makeGguf(join(dir, 'Tiny-Q8_0.gguf'), shape)
    const small = makeGguf(join(dir, 'Tiny-Q2_K.gguf'))
    const models = [
      modelOnDisk(large, 'Tiny-Q8_0', 60 * MIB),
      modelOnDisk(small, 'Tiny-Q2_K', MIB),
      modelOnDisk(join(dir, 'Other-Q2_K.gguf'), 'Other-Q2_K', MIB)
    ]
    const profile = llamaCppProfile(large, { promptCacheMiB: 0 })
    const needs = (await open().of(profile)).estimate.total
    const estimates = open({
      findModels: async () => models,
      allocatableBytes: () => needs.expectedBytes - MIB
    })
    const view = await estimates.view(profile)
    if (!view.ok) throw new Error(view.error.message)
    expect(view.value.verdict).toBe('does-not-fit')
    expect(view.value.options.flatMap((way) => (way.kind === 'model' ? [way.modelPath] : []))).toEqual([
      small
    ])
  })

  it('find other quantisations by name', () => {
    expect(baseName('Qwen3-32B-Q4_K_M')).toBe(baseName('Qwen3-32B-UD-IQ2_XXS'))
    expect(baseName('gpt-oss-120b-mxfp4')).toBe(baseName('gpt-oss-120b-F16'))
    expect(baseName('Qwen3-32B-Q4_K_M')).not.toBe(baseName('Qwen3-8B-Q4_K_M'))
    const models = [
      modelOnDisk('/a', 'M-Q8_0', 8),
      modelOnDisk('/b', 'M-Q4_K_M', 4),
      modelOnDisk('/c', 'M-Q6_K', 6),
      { ...modelOnDisk('/d', 'M-Q5_K_M', 5), isPartial: true }
    ]
    expect(otherQuants('/a', models).map(({ path }) => path)).toEqual(['/c', '/b'])
    expect(otherQuants('/b', models)).toEqual([])
    expect(otherQuants('/none', models)).toEqual([])
  })
})

describe('every model on disk', () => {
  it('has a size; what is damaged, unknown or not complete is left out', async () => {
    const good = model('good.gguf')
    writeFileSync(join(dir, 'bad.gguf'), 'no model')
    const models = [
      modelOnDisk(good, 'good', 1),
      modelOnDisk(join(dir, 'bad.gguf'), 'bad', 1),
      { ...modelOnDisk(model('part.gguf'), 'part', 1), isPartial: true }
    ]
    const sizes = await open({ findModels: async () => models }).models()
    expect(sizes).toEqual([{ path: good, total: expect.any(Object), isRough: false }])
  })

  it('is by formula: no planner is run for a list', async () => {
    const planner = standIn(`echo called >> ${join(dir, 'calls')}; echo "Host 0 0 20 "`)
    const models = ['a', 'b', 'c'].map((name) => modelOnDisk(model(`${name}.gguf`), name, 1))
    expect(await open({ planner, findModels: async () => models }).models()).toHaveLength(3)
    expect(existsSync(join(dir, 'calls'))).toBe(false)
  })

  it('is gone through once for all who ask at the same time', async () => {
    let passes = 0
    const good = model('good.gguf')
    const estimates = open({
      async findModels() {
        passes += 1
        return [modelOnDisk(good, 'good', 1)]
      }
    })
    const both = await Promise.all([estimates.models(), estimates.models()])
    expect(both.map((sizes) => sizes.length)).toEqual([1, 1])
    expect(passes).toBe(1)
  })
})
