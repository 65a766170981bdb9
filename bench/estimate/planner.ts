import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { writeSparseGguf } from '../../test/support/gguf-writer.ts'
import { MIB } from './fields.ts'
import { headerOnly } from './header-only.ts'
import type { SimulatedCase } from './llama-simulated.ts'

// llama.cpp's own planner on files that are a header and a hole: it reads no weights.

const PLANNER = 'llama-fit-params'
const TIMEOUT_MS = 30_000
/** Of all rows together; what is left then was not asked. */
const BUDGET_MS = 240_000
/** 'Host <model> <context> <compute>' in MiB, cut off; with a GPU a line for it as well. */
const LINE = /^\S+ (\d+) (\d+) (\d+) *$/gm

export type PlannerSays =
  { readonly kind: 'context'; readonly contextMiB: number } | { readonly kind: 'none'; readonly why: string }

export interface Planner {
  ask(of: SimulatedCase): PlannerSays
  close(): void
}

function findPlanner(): string | null {
  const server = process.env['FIREBREAK_TEST_LLAMA_SERVER']
  const folders = [
    ...(server === undefined ? [] : [dirname(server)]),
    join(import.meta.dirname, '..', '..', '.cache', 'llama', 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter)
  ]
  for (const folder of folders) {
    const path = join(folder, PLANNER)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not there
    }
  }
  return null
}

const argsOf = ({ run }: SimulatedCase): readonly string[] => [
  ...Object.entries({
    '-c': run.contextTokens,
    '-np': run.slots,
    '-b': run.batch,
    '-ub': run.ubatch,
    '-ctk': run.typeK,
    '-ctv': run.typeV,
    '-fa': run.flashAttention ? 'on' : 'off'
  }).flatMap(([option, value]) => [option, String(value)]),
  ...(run.keepsFullWindow ? ['--swa-full'] : [])
]

/** Asks the planner that lies beside llama-server; where there is none, every answer says so. */
export function openPlanner(path: string | null = findPlanner()): Planner {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-planner-'))
  const model = join(folder, 'model.gguf')
  const began = performance.now()
  return {
    ask(of) {
      if (path === null) return { kind: 'none', why: 'absent' }
      if (performance.now() - began > BUDGET_MS) return { kind: 'none', why: 'no time left' }
      if (of.run.isUnified) return { kind: 'none', why: 'it has no option for a shared cache' }
      const content = headerOnly(of.architecture, of.hparams)
      if (content === null) return { kind: 'none', why: 'no header written for it' }
      writeSparseGguf(model, content)
      const ran = spawnSync(path, ['-m', model, '--fit-print', 'on', ...argsOf(of)], {
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
        // Else it starts a debugger on itself where it gives up.
        env: { ...process.env, GGML_NO_BACKTRACE: '1' }
      })
      const lines = [...ran.stdout.matchAll(LINE)]
      if (lines.length === 0) return { kind: 'none', why: 'it refused the model' }
      return { kind: 'context', contextMiB: lines.reduce((sum, line) => sum + Number(line[2]), 0) }
    },
    close: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** It cuts off what is below a MiB. */
export const agrees = (contextMiB: number, bytes: number): boolean => Math.floor(bytes / MIB) === contextMiB
