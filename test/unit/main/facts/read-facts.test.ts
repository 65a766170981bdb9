import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseFacts, readMachineFacts } from '../../../../src/main/facts/read-facts.ts'
import type { MachineFacts } from '../../../../src/shared/model/status.ts'

const ENTRY = resolve(import.meta.dirname, '../../../../src/main/facts/main.ts')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (script: string): string => {
  const path = join(folder, 'entry.mjs')
  writeFileSync(path, script)
  return path
}
const read = (entryPath: string, timeoutMs?: number): Promise<MachineFacts> =>
  readMachineFacts({
    nodePath: process.execPath,
    entryPath,
    ...(timeoutMs === undefined ? {} : { timeoutMs })
  })
const FALLBACK = { model: 'unknown', gpu: '', kernel: release(), arch: process.arch }

describe('machine facts', () => {
  it('come from the real process on this machine', async () => {
    const facts = await read(ENTRY, 30_000)
    expect(facts).toMatchObject({ gpu: '', kernel: release(), arch: process.arch })
    expect(facts.os).toMatch(/\w+/)
    expect(facts.os).not.toBe('Linux')
    expect(Math.log2(facts.pageSizeBytes) % 1).toBe(0)
  })

  it.each([
    ['dies', 'process.exit(3)'],
    ['says nothing', ''],
    ['prints garbage', 'console.log("hello")'],
    ['prints half of it', 'console.log(JSON.stringify({ model: "x", cpu: "y" }))'],
    ['prints without end', 'console.log("x".repeat(1024 * 1024))']
  ])('are Node’s own when the process %s', async (_what, script) => {
    const facts = await read(entry(script))
    expect(facts).toMatchObject(FALLBACK)
    expect(facts.cores).toBeGreaterThan(0)
  })

  it('are Node’s own when the process hangs past its time', async () => {
    const before = performance.now()
    expect(await read(entry('setInterval(() => undefined, 1000)'), 300)).toMatchObject(FALLBACK)
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('are Node’s own when there is no such program', async () => {
    const facts = await readMachineFacts({ nodePath: join(folder, 'none'), entryPath: ENTRY })
    expect(facts).toMatchObject(FALLBACK)
  })

  it('are refused with figures that cannot be', () => {
    const good = { ...FALLBACK, cpu: 'c', cores: 2, os: 'o', pageSizeBytes: 4096 }
    expect(parseFacts(JSON.stringify(good))).toEqual(good)
    expect(parseFacts(JSON.stringify({ ...good, cores: 0 }))).toBeNull()
    expect(parseFacts(JSON.stringify({ ...good, pageSizeBytes: -1 }))).toBeNull()
  })
})
