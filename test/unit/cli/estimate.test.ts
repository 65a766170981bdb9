import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../../src/cli/run.ts'
import { ok } from '../../../src/shared/util/result.ts'
import { useCliBench } from '../../support/cli-bench.ts'
import { sampleEstimate, sampleProfile } from '../../support/fake-core.ts'
import { makeGguf } from '../../support/make-gguf.ts'

const { withCore, cli, nobody } = useCliBench()
let home: string
let model: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-estimate-'))
  model = makeGguf(join(home, 'tiny.gguf'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const MEMORY = (availableKib: number) =>
  `MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:   ${availableKib} kB\n`

/** Without a core, on a machine with so much memory. */
async function alone(availableKib: number, ...args: readonly string[]) {
  const procRoot = join(home, `proc-${availableKib}`)
  mkdirSync(procRoot, { recursive: true })
  writeFileSync(join(procRoot, 'meminfo'), MEMORY(availableKib))
  let stdout = ''
  let stderr = ''
  const exit = await runCli(['estimate', ...args], {
    env: { HOME: home, FIREBREAK_PROC_ROOT: procRoot },
    workingDir: home,
    runtimeDir: nobody,
    version: '1.2.3',
    signal: new AbortController().signal,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text)
  })
  return { exit, stdout, stderr }
}
const PLENTY = 12 * 1024 ** 2
const LITTLE = 900 * 1024

const stateOf = (stdout: string): number =>
  (JSON.parse(stdout) as { parts: { id: string; expectedBytes: number }[] }).parts
    .filter(({ id }) => id === 'kv')
    .reduce((sum, { expectedBytes }) => sum + expectedBytes, 0)

describe('estimate without a core', () => {
  it('prints the document that scripts rely on', async () => {
    const { exit, stdout } = await alone(PLENTY, 'tiny.gguf', '--json', '--device', 'cpu')
    expect(exit).toBe(0)
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({
      verdict: 'fits',
      source: 'formula',
      options: [],
      total: { low: expect.any(Number), expected: expect.any(Number), peak: expect.any(Number) },
      // 16 GiB: a twentieth is kept for the desktop.
      allocatableBytes: PLENTY * 1024 - Math.round((16_777_216 * 1024) / 20)
    })
    for (const part of document.parts) {
      expect(Object.keys(part)).toEqual(
        expect.arrayContaining(['id', 'label', 'lowBytes', 'expectedBytes', 'peakBytes', 'why'])
      )
    }
    // 2 layers × 2 heads × 16 × 2 (K and V) × 2 bytes, for 8192 tokens.
    expect(stateOf(stdout)).toBe(2 * 2 * 16 * 2 * 2 * 8192)
  })

  it('leaves a damaged file of what was measured as it is: it belongs to the core', async () => {
    const folder = join(home, '.local', 'share', 'firebreak')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'measured.json'), 'nonsense')
    const { exit, stderr } = await alone(PLENTY, 'tiny.gguf', '--device', 'cpu')
    expect(exit).toBe(0)
    expect(stderr).toContain('is left as it is')
    expect(readdirSync(folder)).toEqual(['measured.json'])
    rmSync(join(home, '.local'), { recursive: true })
  })

  it('takes context, slots, step and cache types', async () => {
    const of = async (...args: readonly string[]) =>
      stateOf((await alone(PLENTY, model, '--json', '--device', 'cpu', ...args)).stdout)
    const full = await of('--ctx', '16384')
    expect(await of('--ctx', '16384', '--parallel', '4')).toBe(full)
    expect(await of('--ctx', '16384', '--cache-type-k', 'q8_0', '--cache-type-v', 'q8_0')).toBe(
      (full * 34) / 64
    )
    const compute = async (...args: readonly string[]) => {
      const { stdout } = await alone(PLENTY, model, '--json', '--device', 'cuda', ...args)
      const { parts } = JSON.parse(stdout) as { parts: { id: string; expectedBytes: number }[] }
      return parts.find(({ id }) => id === 'compute-device')?.expectedBytes ?? 0
    }
    expect(await compute('--ubatch', '128')).toBeLessThan(await compute('--ubatch', '1024'))
  })

  it('has no CUDA context and nothing on a device where it is for a processor', async () => {
    const ids = async (device: string) =>
      (
        JSON.parse((await alone(PLENTY, model, '--json', '--device', device)).stdout) as {
          parts: { id: string; expectedBytes: number }[]
        }
      ).parts.flatMap(({ id, expectedBytes }) => (expectedBytes > 0 ? [id] : []))
    expect(await ids('cuda')).toEqual(expect.arrayContaining(['weights-device', 'context']))
    const cpu = await ids('cpu')
    expect(cpu).toContain('weights-host')
    expect(cpu).not.toContain('weights-device')
    expect(cpu).not.toContain('context')
  })

  it('exits 3 where it does not fit now, with the ways out', async () => {
    const { exit, stdout, stderr } = await alone(
      LITTLE,
      model,
      '--device',
      'cpu',
      '--json',
      '--ctx',
      '1000000'
    )
    expect(exit).toBe(3)
    const { verdict, options } = JSON.parse(stdout) as { verdict: string; options: { kind: string }[] }
    expect(verdict).toBe('does-not-fit')
    expect(options.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['settings', 'wait', 'anyway']))
    expect(stderr).toContain('short')
  })

  it('tells people the same as a table', async () => {
    const { exit, stdout, stderr } = await alone(LITTLE, model, '--device', 'cpu', '--ctx', '1000000')
    expect(exit).toBe(3)
    // A terminal shows both: the sentence stands in one.
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^tiny needs .* short\.$/m)
    expect(stdout).toMatch(/^KV cache +\d/m)
    expect(stdout).toMatch(/^together +\d.*computed from the files$/m)
    expect(stdout).toContain('Ways out, with what to add')
    expect(stdout).toMatch(/^ {2}A context of \d+ tokens .* [\d.]+ MiB, (fits|tight.*?) +--ctx \d+$/m)
    expect(stdout).toMatch(/--when-it-fits$/m)
    expect(stdout).toMatch(/--anyway tiny$/m)
  })

  it('reads profiles from the disk', async () => {
    const folder = join(home, '.config', 'firebreak', 'profiles')
    mkdirSync(folder, { recursive: true })
    const saved = sampleProfile('mine')
    writeFileSync(join(folder, 'mine.json'), JSON.stringify({ ...saved, modelPath: model }))
    writeFileSync(join(folder, 'broken.json'), '{')
    const { exit, stdout } = await alone(PLENTY, 'mine', '--json', '--ctx', '4096')
    expect(exit).toBe(0)
    expect(stateOf(stdout)).toBe(2 * 2 * 16 * 2 * 2 * 4096)
  })

  it.each([
    ['a file that is not there', ['/nowhere/x.gguf'], 'no file'],
    ['a name that nothing has', ['nothing'], 'no profile and no model'],
    ['a device of another kind', ['tiny.gguf', '--device', 'tpu'], '--device takes cpu or cuda'],
    ['a cache type of another kind', ['tiny.gguf', '--cache-type-k', 'q3_x'], '--cache-type-k takes'],
    ['a context that is no number', ['tiny.gguf', '--ctx', 'much'], '--ctx takes'],
    ['an unknown runner', ['tiny.gguf', '--runner', 'vlm'], 'vllm'],
    ['slots twice', ['tiny.gguf', '--slots', '1', '--parallel', '2'], 'the same'],
    ['options that its runner has not', ['a/b', '--runner', 'vllm', '--ubatch', '1'], 'llama.cpp'],
    ['nothing at all', [], 'FILE|PROFILE missing'],
    ['an empty name', [''], 'FILE|PROFILE is empty']
  ])('exits 2 for %s', async (_, args, words) => {
    const { exit, stderr } = await alone(PLENTY, ...args)
    expect(stderr).toContain(words)
    expect(exit).toBe(2)
  })

  it('refuses a file that is no model', async () => {
    writeFileSync(join(home, 'text.gguf'), 'not a model')
    const { exit, stdout } = await alone(PLENTY, 'text.gguf', '--json')
    expect(exit).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'model-invalid' } })
  })
})

describe('estimate with a core', () => {
  it('asks it, so that what runs there counts', async () => {
    const { dir, core } = await withCore()
    const { exit, stdout } = await cli(dir, 'estimate', 'tiny', '--json', '--ctx', '4096')
    expect(core.calls.at(-1)).toEqual({
      command: 'estimate.get',
      input: { target: 'tiny', settings: { contextTokens: 4096 } }
    })
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toHaveProperty('total.expected')
  })

  it.each([
    ['tiny.gguf', 'absolute'],
    ['./tiny', 'absolute'],
    ['tiny', 'tiny'],
    ['~/tiny.gguf', '~/tiny.gguf']
  ])('takes %s as a path only where it is one', async (given, expected) => {
    const { dir, core } = await withCore()
    let stderr = ''
    await runCli(['estimate', given], {
      env: { HOME: home },
      workingDir: home,
      runtimeDir: dir,
      version: '1.2.3',
      signal: new AbortController().signal,
      stdout: () => undefined,
      stderr: (text) => (stderr += text)
    })
    expect(stderr).toBe('')
    const target = expected === 'absolute' ? join(home, given) : expected
    expect(core.calls.at(-1)).toMatchObject({ command: 'estimate.get', input: { target } })
  })

  it('says that nothing is known in one sentence, without zeros', async () => {
    const none = { lowBytes: 0, expectedBytes: 0, peakBytes: 0 }
    const sentence = 'How much Thing needs is not known; 35 GiB are free for models.'
    const { dir } = await withCore({
      'estimate.get': async () =>
        ok({
          ...sampleEstimate,
          estimate: { ...sampleEstimate.estimate, parts: [], total: none, confidence: 'unknown' },
          verdict: 'unknown',
          sentence
        } as never)
    })
    const { exit, stdout } = await cli(dir, 'estimate', 'thing')
    expect(exit).toBe(0)
    expect(stdout).toBe(`${sentence}\n`)
  })

  it('adds arguments to those of the profile', async () => {
    const own = { ...sampleProfile('tiny') }
    if (own.kind !== 'llamacpp') throw new Error('the sample is of llama.cpp')
    const profile = { ...own, settings: { ...own.settings, extraArgs: ['--jinja'] } }
    const { dir, core } = await withCore({ 'profiles.list': async () => ok([profile]) })
    await cli(dir, 'estimate', 'tiny', '--cache-type-k', 'q8_0')
    expect(core.calls.at(-1)).toMatchObject({
      input: { settings: { extraArgs: ['--jinja', '-ctk', 'q8_0'] } }
    })
  })
})
