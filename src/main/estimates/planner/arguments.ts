import type { LlamaCppProfile } from '../../../shared/model/runner.ts'

/** As every launch gives it: more layers than any model has. */
const ALL_LAYERS = 999

/** Options of llama-server that change its memory and that the planner understands; true: with a value. */
const PASSED_ON: Readonly<Record<string, boolean>> = {
  '-ctk': true,
  '--cache-type-k': true,
  '-ctv': true,
  '--cache-type-v': true,
  '-ub': true,
  '--ubatch-size': true,
  '-b': true,
  '--batch-size': true,
  '-c': true,
  '--ctx-size': true,
  '-np': true,
  '--parallel': true,
  '-fa': true,
  '--flash-attn': true,
  '-ngl': true,
  '--gpu-layers': true,
  '--n-gpu-layers': true,
  '-ot': true,
  '--override-tensor': true,
  '-ncmoe': true,
  '--n-cpu-moe': true,
  '-cmoe': false,
  '--cpu-moe': false,
  '-dev': true,
  '--device': true,
  '-sm': true,
  '--split-mode': true,
  '-ts': true,
  '--tensor-split': true,
  '-mg': true,
  '--main-gpu': true,
  '-nkvo': false,
  '--no-kv-offload': false,
  '--swa-full': false
}

/** Options of the server alone that change what its planner would say: with them it is not asked. */
const BEYOND_IT = new Set([
  '-kvu',
  '--kv-unified',
  '--embedding',
  '--embeddings',
  '--rerank',
  '--reranking',
  '--lora',
  '--lora-scaled',
  '--rope-scaling',
  '--rope-scale',
  '--override-kv',
  '--spec-type'
])

/**
 * The planner's argv for a profile; null where it cannot say what the server would do. Without moving weights to
 * buffers of the processor's own layout, which its table leaves out: they are as large there.
 */
export function plannerArguments({ modelPath, settings }: LlamaCppProfile): readonly string[] | null {
  const { contextTokens, parallelSlots, gpuLayers, extraArgs } = settings
  const more: string[] = []
  for (let at = 0; at < extraArgs.length; at += 1) {
    const arg = extraArgs[at] ?? ''
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1
    const name = equals < 0 ? arg : arg.slice(0, equals)
    if (BEYOND_IT.has(name)) return null
    const hasValue = Object.hasOwn(PASSED_ON, name) ? PASSED_ON[name] : undefined
    if (hasValue === undefined) continue
    more.push(name)
    if (!hasValue) continue
    const value = equals < 0 ? extraArgs[at + 1] : arg.slice(equals + 1)
    if (value === undefined || (equals < 0 && value.startsWith('-'))) return null
    more.push(value)
    if (equals < 0) at += 1
  }
  const own = [
    ['-c', '--ctx-size', String(contextTokens)],
    ['-np', '--parallel', String(parallelSlots)],
    ['-ngl', '--gpu-layers', String(gpuLayers < 0 ? ALL_LAYERS : gpuLayers)]
  ] as const
  // Given twice it warns, and a later build may refuse.
  const first = own.flatMap(([short, long, value]) =>
    more.includes(short) || more.includes(long) ? [] : [short, value]
  )
  return ['-m', modelPath, ...first, ...more, '--no-repack', '--fit-print', 'on']
}
