import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kernelKills, parseLog, type RunLog } from '../../lab/host/log.ts'

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures/lab', `${name}.txt`), 'utf8')

function logOf(text: string): RunLog {
  const parsed = parseLog(text)
  if (!parsed.ok) throw new Error(parsed.why)
  return parsed.log
}

describe('a guest’s log', () => {
  it('tells who was watched, who died and how much memory there was', () => {
    const log = logOf(recorded('user-slice.none'))
    expect(log.events.filter(({ event }) => event === 'died').map(({ name }) => name)).toEqual([
      'desktop',
      'gnome-shell'
    ])
    expect(log.samples.length).toBeGreaterThan(20)
    expect(log.records.get('desktop')?.alive).toBe(false)
    expect(log.records.get('hog')?.alive).toBe(true)
    expect(log.records.has('other')).toBe(false)
    expect(log.told.get('available-before')).toMatch(/^\d+$/)
  })

  it('names whom the kernel chose', () => {
    expect(kernelKills(logOf(recorded('user-slice.none'))).map(({ name }) => name)).toEqual([
      'firefox',
      'gnome-shell'
    ])
    expect(kernelKills(logOf(recorded('user-slice.firebreak')))).toEqual([])
  })

  it('is void when the guest said so, or did not come to its end', () => {
    expect(parseLog('@boot 15\n@void the core did not come\n@done 60\n')).toEqual({
      ok: false,
      why: 'the core did not come'
    })
    const cut = recorded('user-slice.none').split('@done')[0] ?? ''
    expect(parseLog(cut).ok).toBe(false)
    expect(parseLog('').ok).toBe(false)
  })

  it('takes a line that is no JSON for nothing', () => {
    const log = logOf(
      '@BEGIN watch\n{"us":1,"event":"died"\n\nnull\n7\n@END watch\n@record:hog nonsense\n@done 1\n'
    )
    expect(log.events).toEqual([])
    expect(log.samples).toEqual([])
    expect(log.records.size).toBe(0)
  })

  it('keeps blocks of the same name together, and what looks like a line of ours inside them', () => {
    const log = logOf(
      '@BEGIN incident\n{"a":1}\n@END incident\r\n@BEGIN incident\n@void x\n@END incident\n@done 1\n'
    )
    expect(log.blocks.get('incident')).toEqual(['{"a":1}', '@void x'])
  })
})
