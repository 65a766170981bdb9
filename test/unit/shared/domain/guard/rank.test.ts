import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_PROTECTED, isProtected } from '../../../../../src/shared/domain/guard/protected.ts'
import { rankVictims, type RankPolicy } from '../../../../../src/shared/domain/guard/rank.ts'
import type { Candidate } from '../../../../../src/shared/model/guard.ts'
import { IMPORTANCES } from '../../../../../src/shared/model/importance.ts'
import { GIB } from './machine.ts'

const POLICY: RankPolicy = { protectedNames: [], mayStopForeign: true, fallBytesPerS: 0 }

const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  label: id,
  kind: 'runner',
  names: ['llama-server'],
  gpuBytes: 20 * GIB,
  hostBytes: GIB,
  growthBytesPerS: 0,
  importance: 'normal',
  pinned: false,
  phase: 'ready',
  reloadS: 60,
  ...more
})

const order = (candidates: readonly Candidate[], policy: Partial<RankPolicy> = {}): string[] =>
  rankVictims(candidates, { ...POLICY, ...policy }).victims.map(({ id }) => id)

describe('who is stopped first', () => {
  const base = candidate('base')
  it.each([
    ['gives more back', { gpuBytes: 60 * GIB }],
    ['grows', { growthBytesPerS: GIB }],
    ['is idle', { phase: 'idle' as const }],
    ['still loads', { phase: 'loading' as const }],
    ['matters less', { importance: 'low' as const }],
    ['is quick to load again', { reloadS: 5 }]
  ])('who %s', (_, more) => {
    expect(order([base, candidate('other', more)])).toEqual(['other', 'base'])
  })

  it('who makes up most of the fall, among equals of importance', () => {
    const grower = candidate('grower', { gpuBytes: GIB, growthBytesPerS: 2 * GIB })
    const idle = candidate('idle', { gpuBytes: 80 * GIB, phase: 'idle', reloadS: 1 })
    expect(order([idle, grower])).toEqual(['idle', 'grower'])
    expect(order([idle, grower], { fallBytesPerS: 3 * GIB })).toEqual(['grower', 'idle'])
    const low = { ...idle, importance: 'low' as const }
    expect(order([low, grower], { fallBytesPerS: 3 * GIB })).toEqual(['idle', 'grower'])
  })

  it('says why', () => {
    const [first] = rankVictims([candidate('a', { growthBytesPerS: 2 * GIB, phase: 'loading' })], {
      ...POLICY,
      fallBytesPerS: 2 * GIB
    }).victims
    expect(first?.why).toBe('makes up most of the fall: grows by 2.0 GiB/s, still loading')
    expect(first?.bytes).toBe(21 * GIB)
  })
})

describe('who is never stopped', () => {
  it('is pinned, protected, or foreign without leave', () => {
    const { victims, refused } = rankVictims(
      [
        candidate('pinned', { pinned: true }),
        candidate('firefox', { kind: 'foreign', names: ['firefox-bin'] }),
        candidate('foreign', { kind: 'foreign', names: ['python3'] }),
        candidate('own')
      ],
      { ...POLICY, mayStopForeign: false }
    )
    expect(victims.map(({ id }) => id)).toEqual(['own'])
    expect(Object.fromEntries(refused.map(({ id, because }) => [id, because]))).toEqual({
      pinned: 'pinned',
      firefox: 'protected',
      foreign: 'not-allowed'
    })
  })

  it.each([
    'firefox',
    'Isolated Web Co',
    'chrome',
    'gnome-shell',
    'gnome-session-b',
    'Xorg',
    'Xwayland',
    'kwin_wayland',
    'plasmashell',
    'mutter-x11-fram',
    'pipewire',
    'pipewire-pulse',
    'wireplumber',
    'pulseaudio',
    'sshd',
    'sshd-session',
    'dbus-daemon',
    'dbus-broker',
    'systemd',
    'systemd-logind',
    'systemd-journal',
    'gdm-session-wor',
    'NetworkManager',
    'dockerd',
    'containerd',
    'containerd-shim',
    'firebreak'
  ])('is %s', (name) => {
    expect(isProtected([name], BUILT_IN_PROTECTED)).toBe(true)
  })

  it.each(['python3', 'llama-server', 'ollama', 'VLLM::EngineCore', 'tini', 'docker-init', 'node', ''])(
    'is not %j',
    (name) => {
      expect(isProtected([name], BUILT_IN_PROTECTED)).toBe(false)
    }
  )

  it('takes the user’s names, cut off as the kernel does, and no bare star', () => {
    expect(isProtected(['nvidia-persiste'], ['nvidia-persistenced'])).toBe(true)
    expect(isProtected(['my-long-program'], ['my-long-program-name*'])).toBe(true)
    expect(isProtected(['Blender'], [' blender '])).toBe(true)
    expect(isProtected(['python3'], ['*', '', ' '])).toBe(false)
  })

  it('is no runner by its name: it is pinned instead', () => {
    expect(order([candidate('own', { names: ['chrome'] })], { protectedNames: ['llama*'] })).toEqual(['own'])
  })

  const any = fc.record({
    id: fc.uuid(),
    label: fc.string(),
    kind: fc.constantFrom('runner' as const, 'foreign' as const),
    names: fc.array(fc.constantFrom('firefox', 'gnome-shell', 'sshd', 'python3', 'ollama', 'mine', '')),
    gpuBytes: fc.double(),
    hostBytes: fc.double(),
    growthBytesPerS: fc.double(),
    importance: fc.constantFrom(...IMPORTANCES),
    pinned: fc.boolean(),
    phase: fc.constantFrom('loading' as const, 'ready' as const, 'idle' as const, 'frozen' as const),
    reloadS: fc.oneof(fc.double(), fc.constant('unknown' as const))
  })

  it('is never named, whatever the figures; everybody is in one list', () => {
    fc.assert(
      fc.property(fc.array(any), fc.boolean(), fc.double(), (candidates, mayStopForeign, fallBytesPerS) => {
        const ranking = rankVictims(candidates, { protectedNames: ['mine'], mayStopForeign, fallBytesPerS })
        const named = new Set(ranking.victims.map(({ id }) => id))
        for (const { id, kind, names, pinned } of candidates) {
          const kept = names.some((name) => ['firefox', 'gnome-shell', 'sshd', 'mine'].includes(name))
          if (pinned || (kind === 'foreign' && (kept || !mayStopForeign))) expect(named.has(id)).toBe(false)
        }
        const all = [...ranking.victims, ...ranking.refused].map(({ id }) => id)
        expect(all.toSorted()).toEqual(candidates.map(({ id }) => id).toSorted())
        for (const { bytes, why } of ranking.victims) {
          expect(bytes).toBeGreaterThanOrEqual(0)
          expect(why).not.toBe('')
        }
      })
    )
  })
})
