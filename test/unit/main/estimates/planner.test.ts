import { describe, expect, it } from 'vitest'
import { applyPlan } from '../../../../src/main/estimates/planner/apply-plan.ts'
import { plannerArguments } from '../../../../src/main/estimates/planner/arguments.ts'
import { parsePlan } from '../../../../src/main/estimates/planner/parse-plan.ts'
import { stepLogitsBytes } from '../../../../src/main/estimates/planner/step-logits.ts'
import { totalOf } from '../../../../src/shared/domain/estimator/total.ts'
import type { Estimate, EstimatePart, EstimatePartId } from '../../../../src/shared/model/estimate.ts'
import type { GgufFacts } from '../../../../src/shared/model/model-facts.ts'
import type { LlamaCppProfile } from '../../../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'

const MIB = 1024 ** 2

describe('the answer of the planner', () => {
  it('is rows of devices and the host, in MiB', () => {
    expect(parsePlan('CUDA0 15774 4352 522 \nHost 1103 0 41 \n')).toEqual({
      devices: [
        { device: 'CUDA0', modelBytes: 15_774 * MIB, contextBytes: 4352 * MIB, computeBytes: 522 * MIB }
      ],
      host: { device: 'Host', modelBytes: 1103 * MIB, contextBytes: 0, computeBytes: 41 * MIB }
    })
  })

  it.each([
    ['nothing', ''],
    ['arguments instead of figures', '-c 8192 -ngl -1\n'],
    ['no host', 'CUDA0 1 2 3 \n'],
    ['two hosts', 'Host 1 2 3 \nHost 1 2 3 \n'],
    ['a host that is not last', 'Host 1 2 3 \nCUDA0 1 2 3 \n'],
    ['a figure too few', 'Host 1 2 \n'],
    ['a figure too many', 'Host 1 2 3 4 \n'],
    ['a negative figure', 'Host -1 2 3 \n'],
    ['a fraction', 'Host 1.5 2 3 \n'],
    ['an exponent', 'Host 1e3 2 3 \n'],
    ['more than any machine has', 'Host 999999999 2 3 \n'],
    ['a warning among them', 'warning: no GPU\nHost 1 2 3 \n'],
    ['an escape sequence', '\u001B[31mHost 1 2 3 \n'],
    ['rows without end', 'CUDA0 1 2 3 \n'.repeat(100)]
  ])('is not believed where it has %s', (_, text) => {
    expect(parsePlan(text)).toBeNull()
  })
})

const profile = (
  extraArgs: readonly string[],
  more: Partial<LlamaCppProfile['settings']> = {}
): LlamaCppProfile => ({
  id: 'x',
  label: 'X',
  kind: 'llamacpp',
  modelPath: '/m/x.gguf',
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  settings: { ...defaultLlamaCppSettings(), extraArgs, ...more }
})
const TAIL = ['--no-repack', '--fit-print', 'on']

describe('the question to the planner', () => {
  it('says what a launch says, and of the arguments only those that change memory', () => {
    expect(
      plannerArguments(profile(['--api-key', 'secret', '-ctk', 'q8_0', '--ubatch-size=256', '--jinja']))
    ).toEqual([
      '-m',
      '/m/x.gguf',
      '-c',
      '8192',
      '-np',
      '1',
      '-ngl',
      '999',
      '-ctk',
      'q8_0',
      '--ubatch-size',
      '256',
      ...TAIL
    ])
  })

  it('says nothing twice', () => {
    expect(plannerArguments(profile(['-c', '4096', '--parallel', '2'], { gpuLayers: 7 }))).toEqual([
      '-m',
      '/m/x.gguf',
      '-ngl',
      '7',
      '-c',
      '4096',
      '--parallel',
      '2',
      ...TAIL
    ])
  })

  it.each([['-kvu'], ['--lora=/m/l.gguf'], ['--spec-type'], ['--embedding'], ['-ctk'], ['-ub', '-fa']])(
    'is not asked where it could not say what the server does: %s',
    (...extraArgs) => {
      expect(plannerArguments(profile(extraArgs))).toBeNull()
    }
  )
})

const part = (id: EstimatePartId, mib: number, peakMib = mib): EstimatePart => ({
  id,
  label: id,
  lowBytes: mib * MIB,
  expectedBytes: mib * MIB,
  peakBytes: peakMib * MIB,
  why: 'By formula.'
})
function formulaOf(parts: readonly EstimatePart[]): Estimate {
  return {
    parts,
    total: totalOf(parts),
    growthBytes: 0,
    source: 'formula',
    confidence: 'rough',
    notes: ['A note.'],
    bytesPerContextToken: 1,
    activeWeightBytes: 1
  }
}

describe('logits of a whole step', () => {
  const facts = {
    vocabularySize: 1000,
    hparams: { embedding_length: 100, context_length: 4096 }
  } as unknown as GgufFacts
  it.each([
    ['as it is', [], {}, 512, 8192],
    ['with a step of its own', ['--ubatch-size=128'], {}, 128, 8192],
    [
      'with the context it was trained with, divided among slots',
      [],
      { contextTokens: 0, parallelSlots: 4 },
      512,
      1024
    ]
  ] as const)('grow with step, vocabulary and context: %s', (_, extraArgs, more, step, cells) => {
    expect(stepLogitsBytes(profile(extraArgs, more), facts)).toBe(
      4 * step * (1000 + 8 * 100) + 4 * cells * step
    )
  })
})

describe('the plan in an estimate', () => {
  const formula = formulaOf([
    part('weights-device', 1000.5),
    part('weights-host', 100.25),
    part('kv', 400),
    part('recurrent', 20.5),
    part('compute-device', 250, 320),
    part('compute-host', 30, 40),
    part('prompt-cache', 0, 1024),
    part('context', 300, 500)
  ])
  const bytes = (estimate: Estimate, id: EstimatePartId): number =>
    estimate.parts.find((one) => one.id === id)?.expectedBytes ?? Number.NaN
  const plan = (device: string, host: string) => {
    const parsed = parsePlan(`CUDA0 ${device} \nHost ${host} \n`)
    if (parsed === null) throw new Error('a bad plan')
    return parsed
  }

  it('takes the place of what both speak of, and leaves the rest', () => {
    const estimate = applyPlan(formula, plan('1000 420 262', '100 0 33'), 0)
    expect(estimate.source).toBe('planner')
    expect(estimate.confidence).toBe('good')
    // Rounded down by the planner, known to the byte from the header.
    expect(bytes(estimate, 'weights-device')).toBe(1000.5 * MIB)
    expect(bytes(estimate, 'kv')).toBe(400 * MIB)
    expect(bytes(estimate, 'recurrent')).toBe(20.5 * MIB)
    expect(bytes(estimate, 'compute-device')).toBe(262.5 * MIB)
    expect(bytes(estimate, 'compute-host')).toBe(33.5 * MIB)
    expect(bytes(estimate, 'context')).toBe(300 * MIB)
    expect(estimate.total).toEqual(totalOf(estimate.parts))
    expect(estimate.total.peakBytes).toBe((1000.5 + 100.25 + 420.5 + 263 + 34 + 1024 + 500) * MIB)
  })

  it('counts where the formula has the cache wrong', () => {
    const estimate = applyPlan(formula, plan('1000 820 262', '100 0 33'), 0)
    expect(bytes(estimate, 'kv') + bytes(estimate, 'recurrent')).toBe((820 + 1) * MIB)
  })

  it('never takes weights away that are in the file', () => {
    const estimate = applyPlan(formula, plan('0 420 262', '100 0 33'), 0)
    expect(bytes(estimate, 'weights-device')).toBe(1000.5 * MIB)
    expect(estimate.notes.join(' ')).toContain('left out weights')
  })

  it('leaves scratch to the formula where the planner plans logits that a server has not', () => {
    const sure = { ...formula, confidence: 'good' as const }
    const logits = applyPlan(sure, plan('1000 420 600', '100 0 33'), 640 * MIB)
    expect(bytes(logits, 'compute-device')).toBe(250 * MIB)
    // More than logits can explain is something the formula does not know.
    const more = applyPlan(sure, plan('1000 420 900', '100 0 33'), 640 * MIB)
    expect(bytes(more, 'compute-device')).toBe(900.5 * MIB)
    // Nor is it asked where the formula is not sure itself.
    expect(bytes(applyPlan(formula, plan('1000 420 600', '100 0 33'), 640 * MIB), 'compute-device')).toBe(
      600.5 * MIB
    )
  })

  it('puts all on the host where there is no device', () => {
    const parsed = parsePlan('Host 1100 420 90 \n')
    if (parsed === null) throw new Error('a bad plan')
    const estimate = applyPlan(formula, parsed, 0)
    expect(estimate.parts.map(({ id }) => id)).not.toContain('weights-device')
    expect(estimate.parts.map(({ id }) => id)).not.toContain('compute-device')
    expect(bytes(estimate, 'weights-host')).toBe(1100.5 * MIB)
    expect(bytes(estimate, 'compute-host')).toBe(90.5 * MIB)
  })
})
