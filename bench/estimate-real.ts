import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { applyPlan } from '../src/main/estimates/planner/apply-plan.ts'
import { createPlanner } from '../src/main/estimates/planner/planner.ts'
import { stepLogitsBytes } from '../src/main/estimates/planner/step-logits.ts'
import { readModelFacts } from '../src/main/models/model-facts.ts'
import { systemClock } from '../src/main/platform/system.ts'
import { estimateProfile } from '../src/shared/domain/estimator/estimate.ts'
import type { Estimate, EstimatePartId } from '../src/shared/model/estimate.ts'
import type { LlamaCppProfile } from '../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../src/shared/settings/llamacpp-defaults.ts'
import { ensureLlamaServer } from '../test/support/llama-server.ts'
import { contentOf, REAL_CASES, type RealCase } from './estimate-real/models.ts'
import { serve } from './estimate-real/serve.ts'
import { writeModel } from './estimate-real/write.ts'
import { percentile, round, runBench, type Row } from './harness.ts'

// What a real llama-server takes on this machine's processor, against what was said before.

const MIB = 1024 ** 2
/** llama.cpp's log tells MiB with two digits. */
const LOG_ROUNDING_BYTES = 0.005 * MIB
const mib = (bytes: number): number => round(bytes / MIB, 1)

/** As a launch would be; nothing is mapped, as on GPUs that share the memory, so that every byte is its own. */
function profileOf(real: RealCase, modelPath: string): LlamaCppProfile {
  const { contextTokens, slots, cacheType } = real
  const cache = cacheType === 'f16' ? [] : ['-ctk', cacheType, '-ctv', cacheType]
  return {
    id: 'real',
    label: real.model,
    kind: 'llamacpp',
    modelPath,
    restartOnCrash: false,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null,
    settings: {
      ...defaultLlamaCppSettings(),
      contextTokens,
      parallelSlots: slots,
      extraArgs: ['-lm', 'none', ...cache]
    }
  }
}

const argsOf = ({ modelPath, settings }: LlamaCppProfile): readonly string[] => {
  const { parallelSlots, contextTokens, promptCacheMiB, contextCheckpoints, extraArgs } = settings
  const numbers = {
    '-np': parallelSlots,
    '-c': contextTokens,
    '--cache-ram': promptCacheMiB,
    '--ctx-checkpoints': contextCheckpoints,
    '-ngl': 0
  }
  const said = Object.entries(numbers).flatMap(([option, given]) => [option, String(given)])
  return ['-m', modelPath, ...said, ...extraArgs]
}

const bytesOf = ({ parts }: Estimate, ...ids: readonly EstimatePartId[]): number =>
  parts.filter(({ id }) => ids.includes(id)).reduce((sum, part) => sum + part.expectedBytes, 0)

const percent = (estimated: number, truth: number): number => (100 * (estimated - truth)) / truth
const sameAs = (ours: number, logged: number): boolean => Math.abs(ours - logged) <= 2 * LOG_ROUNDING_BYTES

await runBench({
  name: 'estimate-real',
  options: [{ name: 'first', help: 'only so many of the models', defaultValue: 100, min: 1, max: 100 }],
  async measure(context) {
    const binary = await ensureLlamaServer()
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-real-'))
    context.atEnd(() => rmSync(folder, { recursive: true, force: true }))
    const planner = createPlanner({ clock: systemClock, serverOf: async () => binary, env: process.env })
    const machine = { memTotalBytes: totalmem(), memAvailableBytes: totalmem(), topology: 'none' } as const
    const rows: Row[] = []
    const errors: number[] = []
    const againstLog: number[] = []
    const planned: number[] = []
    let exact = 0
    let within = 0
    for (const real of REAL_CASES.slice(0, context.number('first'))) {
      const path = join(folder, `${real.model}.gguf`)
      const fileBytes = writeModel(path, contentOf(real))
      const profile = profileOf(real, path)
      const facts = await readModelFacts(path, { kind: 'llamacpp', env: process.env, homeDir: folder })
      if (!facts.ok) throw new Error(facts.error.message)
      const formula = estimateProfile({ profile, facts: facts.value, draft: null, machine })
      const logits = facts.value.format === 'gguf' ? stepLogitsBytes(profile, facts.value) : 0
      const plan = await planner.ask(profile)
      const byPlan = plan.kind === 'plan' ? applyPlan(formula, plan.plan, logits).total.expectedBytes : null
      const served = await serve(binary, argsOf(profile), context.atEnd)
      const { worked, ready, buffers } = served
      const took = worked.anonBytes + worked.shmemBytes
      const state = bytesOf(formula, 'kv', 'recurrent')
      const isExact = sameAs(state, buffers.kv + buffers.recurrent)
      const { expectedBytes, lowBytes, peakBytes } = formula.total
      const error = percent(expectedBytes, took)
      errors.push(error)
      // What its log tells of, every buffer in full: scratch that one request does not touch is in it, its program not.
      const logged = Object.values(buffers).reduce((sum, bytes) => sum + bytes, 0)
      againstLog.push(percent(expectedBytes, logged))
      if (byPlan !== null) planned.push(percent(byPlan, took))
      if (isExact) exact += 1
      if (took >= lowBytes && took <= peakBytes) within += 1
      rows.push({
        architecture: real.architecture,
        shape: real.shape,
        weights: real.weights,
        context: real.contextTokens,
        slots: real.slots,
        cache: real.cacheType,
        file_mib: mib(fileBytes),
        kv_mib: mib(state),
        kv_log_mib: mib(buffers.kv + buffers.recurrent),
        kv_exact: isExact,
        compute_mib: mib(bytesOf(formula, 'compute-device', 'compute-host')),
        compute_log_mib: mib(buffers.compute),
        low_mib: mib(lowBytes),
        expected_mib: mib(expectedBytes),
        peak_mib: mib(peakBytes),
        planner_mib: byPlan === null ? null : mib(byPlan),
        log_mib: mib(logged),
        ready_mib: mib(ready.anonBytes + ready.shmemBytes),
        took_mib: mib(took),
        file_pages_mib: mib(worked.fileBytes),
        error_percent: round(error, 2),
        log_error_percent: round(percent(expectedBytes, logged), 2),
        planner_error_percent: byPlan === null ? null : round(percent(byPlan, took), 2)
      })
      context.say(
        `${rows.length}/${REAL_CASES.length} ${real.architecture} ${real.contextTokens}: ` +
          `${mib(expectedBytes)} MiB expected, ${mib(took)} MiB taken (${round(error, 2)} %)`
      )
      rmSync(path)
    }
    const absolute = errors.map(Math.abs)
    return {
      figures: {
        rows: rows.length,
        kv_exact_rows: exact,
        took_within_interval_rows: within,
        total_median_abs_percent: round(percentile(absolute, 50), 2),
        total_p95_abs_percent: round(percentile(absolute, 95), 2),
        total_max_abs_percent: round(Math.max(...absolute), 2),
        total_under_2_percent_count: errors.filter((error) => error < -2).length,
        log_median_abs_percent: round(percentile(againstLog.map(Math.abs), 50), 2),
        log_max_abs_percent: round(Math.max(...againstLog.map(Math.abs)), 2),
        planner_rows: planned.length,
        planner_median_abs_percent: round(percentile(planned.map(Math.abs), 50), 2)
      },
      rows
    }
  }
})
