import { describe, expect, it } from 'vitest'
import {
  MAX_ASK_CHARS,
  MAX_LABEL_CHARS,
  MAX_TRAY_RUNNERS,
  roughGiB,
  statusSentence,
  trayContent,
  type TrayItem,
  type TrayState
} from '../../../../src/main/electron/tray-content.ts'
import type { GuardAsk } from '../../../../src/shared/model/guard.ts'
import { RUNNER_STATES, type RunnerState, type RunnerView } from '../../../../src/shared/model/runner.ts'
import type { GuardLevel } from '../../../../src/shared/model/status.ts'
import { liveWith, runnerWith } from './fixtures.ts'

const GIB = 2 ** 30
const words = (items: readonly TrayItem[]): string[] =>
  items.map((item) => (item.kind === 'separator' ? '—' : item.label))
const runner = (label: string, state: RunnerState): RunnerView =>
  runnerWith({ id: label.toLowerCase(), label, state })

describe('the first line', () => {
  it('says what is free and that all is well', () => {
    expect(statusSentence(liveWith({ freeForModelsBytes: 37.4 * GIB }))).toBe(
      '37 GiB free for models. Desktop safe.'
    )
  })

  it('gives the guard’s first reason once there is trouble', () => {
    const guard = { level: 'warn' as GuardLevel, reasons: ['Memory falls by 2 GiB a second.', 'more'] }
    expect(statusSentence(liveWith({ freeForModelsBytes: GIB, guard }))).toBe(
      '1.0 GiB free for models. Memory falls by 2 GiB a second.'
    )
  })

  it('does not take silence for calm', () => {
    expect(statusSentence(null)).toMatch(/^No readings/)
    expect(trayContent({ live: null, runners: [], guard: null }).level).toBe('unknown')
  })

  it('stays the same while memory moves a little, so that the menu is left alone', () => {
    expect(roughGiB(37.1 * GIB)).toBe(roughGiB(37.4 * GIB))
    expect(roughGiB(0)).toBe('0.0 GiB')
  })
})

describe('the menu', () => {
  it('offers one click for each runner, in the words of its state', () => {
    const { items } = trayContent({
      live: liveWith({}),
      runners: [runner('Idle', 'stopped'), runner('Busy', 'ready'), runner('Coming', 'loading')],
      guard: { mode: 'balanced', ask: null }
    })
    expect(words(items).slice(1)).toEqual([
      'Open Firebreak',
      '—',
      'Stop Busy',
      'Coming is loading…',
      'Stop Coming',
      'Start Idle',
      '—',
      'Guard: balanced',
      'Quit Firebreak (models keep running)'
    ])
  })

  it('has something for every state', () => {
    for (const state of RUNNER_STATES) {
      const { items } = trayContent({ live: liveWith({}), runners: [runner('Model', state)], guard: null })
      expect(
        items.filter((item) => item.kind !== 'separator' && item.label.includes('Model')),
        state
      ).not.toEqual([])
    }
  })

  it('acts on the runner’s id, whatever its label', () => {
    const view = runnerWith({ id: 'qwen', label: 'A & B', state: 'ready' })
    const { items } = trayContent({ live: liveWith({}), runners: [view], guard: null })
    expect(items.find((item) => item.kind === 'action' && item.label === 'Stop A & B')).toMatchObject({
      action: { kind: 'stop', id: 'qwen' }
    })
  })

  it('stays a menu with many runners and long names, running ones first', () => {
    const many = Array.from({ length: 40 }, (_, i) => runner(`model ${i} ${'x'.repeat(200)}`, 'stopped'))
    const { items } = trayContent({
      live: liveWith({}),
      runners: [...many, runner('zz', 'ready')],
      guard: null
    })
    const labels = words(items)
    expect(labels.filter((label) => label.startsWith('Start ') || label.startsWith('Stop '))).toHaveLength(
      MAX_TRAY_RUNNERS
    )
    expect(labels).toContain('Stop zz')
    expect(labels).toContain('29 more in Firebreak')
    expect(Math.max(...labels.map((label) => label.length))).toBeLessThanOrEqual(
      MAX_LABEL_CHARS + 'Start '.length
    )
  })

  it('says where to begin when there is no model yet', () => {
    expect(words(trayContent({ live: liveWith({}), runners: [], guard: null }).items)).toContain(
      'No models yet: add one in Firebreak'
    )
  })
})

describe('while the guard asks', () => {
  const ask: GuardAsk = {
    watchId: 'main',
    victimId: 'qwen',
    label: 'Qwen & Co',
    stage: 'warn',
    text: 'Qwen & Co grew 9 GiB in 4 s. Memory will be gone in about 6 s.',
    actsAtMs: 1000,
    victimBytes: 61 * GIB
  }
  const asking = (over: Partial<GuardAsk>): TrayState => ({
    live: liveWith({}),
    runners: [runner('Qwen', 'ready')],
    guard: { mode: 'balanced', ask: { ...ask, ...over } }
  })

  it('begins with the question, and the answers come next', () => {
    const { items, status } = trayContent(asking({}))
    expect(status).toBe(ask.text)
    expect(words(items).slice(0, 4)).toEqual([ask.text, 'Stop Qwen & Co', 'Let it go on', '—'])
    expect(items[1]).toMatchObject({
      action: { kind: 'answer', watchId: 'main', victimId: 'qwen', choice: 'stop' }
    })
    expect(items[2]).toMatchObject({ action: { kind: 'answer', choice: 'continue' } })
  })

  it('offers to leave it paused only while time would decide otherwise', () => {
    expect(words(trayContent(asking({ stage: 'frozen' })).items)).toContain('Keep it paused')
    expect(words(trayContent(asking({ stage: 'frozen', actsAtMs: null })).items)).not.toContain(
      'Keep it paused'
    )
    expect(words(trayContent(asking({})).items)).not.toContain('Keep it paused')
  })

  it('stays the same while the countdown runs, so that an open menu is left alone', () => {
    expect(trayContent(asking({ actsAtMs: 5000 }))).toEqual(trayContent(asking({ actsAtMs: 4200 })))
  })

  it('says nothing of the drill, and stays narrow with a long name', () => {
    expect(trayContent(asking({ watchId: 'drill' })).status).toMatch(/free for models/)
    const long = 'x'.repeat(400)
    const labels = words(trayContent(asking({ label: long, text: `${long} grew.` })).items)
    expect(Math.max(...labels.map((label) => label.length))).toBeLessThanOrEqual(MAX_ASK_CHARS)
  })
})
