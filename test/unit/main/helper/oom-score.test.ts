import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { raiseScore } from '../../../../src/main/helper/oom-score.ts'
import { until } from '../../../support/until.ts'
import { tempRoots, type TempRoots } from './temp-roots.ts'

const CONTAINER = `0::/system.slice/docker-${'a1'.repeat(32)}.scope\n`
const SERVICE = '0::/system.slice/ollama.service\n'
const LOGIN = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n'

let machine: TempRoots
let child: ChildProcess
let pid: number
let startTicks: number

const statOf = (): readonly string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

// A real process, seen through a folder that says otherwise of its cgroup, its name or what it has open.
beforeEach(async () => {
  machine = tempRoots()
  child = spawn('sleep', ['600'], { stdio: 'ignore' })
  pid = child.pid ?? 0
  await until('the process to be sleep', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n')
  startTicks = Number(statOf()[22 - 3])
  const folder = join(machine.roots.proc, String(pid))
  mkdirSync(join(folder, 'fd'), { recursive: true })
  for (const name of ['stat', 'status', 'comm', 'exe', 'oom_score_adj']) {
    symlinkSync(`/proc/${pid}/${name}`, join(folder, name))
  }
})
afterEach(async () => {
  const gone = new Promise((done) => child.once('close', done))
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await gone
  }
  machine.remove()
})

const seen = (name: string, text: string): void => {
  const path = join(machine.roots.proc, String(pid), name)
  rmSync(path, { force: true })
  writeFileSync(path, text)
}
const raise = (adj = 1000, ticks = startTicks): ReturnType<typeof raiseScore> =>
  raiseScore(machine.roots, { pid, startTicks: ticks, adj })
const score = (): string => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()
const words = (outcome: ReturnType<typeof raiseScore>): string => (outcome.ok ? 'ok' : outcome.error.message)

describe('set-oom-score-adj', () => {
  it('raises the score of a process in a container', () => {
    seen('cgroup', CONTAINER)
    expect(raise(700)).toEqual({ ok: true, value: `oom_score_adj of process ${pid} is 700.` })
    expect(score()).toBe('700')
    expect(raise(1000).ok).toBe(true)
    expect(raise(1000).ok).toBe(true)
    expect(score()).toBe('1000')
  })

  it('never lowers it', () => {
    seen('cgroup', CONTAINER)
    raise(1000)
    expect(words(raise(999))).toContain('is 1000 already')
    expect(score()).toBe('1000')
  })

  it('raises it for a service or a login that computes on the GPU', () => {
    for (const [cgroup, device] of [
      [SERVICE, '/dev/nvidia-uvm'],
      [LOGIN, '/dev/kfd']
    ] as const) {
      seen('cgroup', cgroup)
      expect(words(raise())).toContain('runs in no container and does not compute on the GPU')
      const link = join(machine.roots.proc, String(pid), 'fd', '3')
      symlinkSync(device, link)
      expect(raise().ok).toBe(true)
      rmSync(link)
    }
  })

  it('refuses what only draws with the GPU', () => {
    seen('cgroup', LOGIN)
    symlinkSync('/dev/nvidia0', join(machine.roots.proc, String(pid), 'fd', '3'))
    expect(words(raise())).toContain('does not compute on the GPU')
    expect(score()).not.toBe('1000')
  })

  it.each(['gnome-shell', 'Xorg', 'systemd-logind', 'sshd', 'dbus-daemon', 'firefox-bin', 'pipewire-pulse'])(
    'refuses %s, in a container too',
    (name) => {
      seen('cgroup', CONTAINER)
      seen('comm', `${name}\n`)
      expect(words(raise())).toContain(`${name} is protected`)
      expect(score()).not.toBe('1000')
    }
  )

  it('knows a protected program by its executable when it calls itself something else', () => {
    seen('cgroup', CONTAINER)
    rmSync(join(machine.roots.proc, String(pid), 'exe'))
    symlinkSync('/usr/lib/firefox/firefox (deleted)', join(machine.roots.proc, String(pid), 'exe'))
    expect(words(raise())).toContain('firefox is protected')
  })

  it.each([
    '0::/user.slice/docker-12.scope',
    '0::/system.slice/docker.service',
    '0::/user.slice/docker-fake',
    '1:cpu:/docker/' + 'a1'.repeat(32)
  ])('does not take %s for a container', (cgroup) => {
    seen('cgroup', `${cgroup}\n`)
    expect(raise().ok).toBe(false)
  })

  it.each([
    `0::/docker/${'0f'.repeat(32)}`,
    `0::/machine.slice/libpod-${'0f'.repeat(32)}.scope/container`,
    `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${'0f'.repeat(32)}.scope`,
    '0::/lxc.payload.models/system.slice',
    `12:cpu:/\n1:name=systemd:/docker/${'0f'.repeat(32)}\n0::/`
  ])('takes %s for a container', (cgroup) => {
    seen('cgroup', `${cgroup}\n`)
    expect(raise().ok).toBe(true)
  })

  it('refuses another process with the same number', () => {
    seen('cgroup', CONTAINER)
    expect(words(raise(1000, startTicks + 1))).toContain('is not the one that was meant')
    expect(score()).not.toBe('1000')
  })

  it('refuses process 1, kernel threads and single threads', () => {
    expect(words(raiseScore(machine.roots, { pid: 1, startTicks: 0, adj: 1000 }))).toContain('never touched')
    seen('cgroup', CONTAINER)
    const fields = [...statOf()]
    fields[9 - 3] = String(0x0020_0000 | Number(fields[9 - 3]))
    seen('stat', `${pid} (kworker) a) 0:1) ${fields.join(' ')}`)
    expect(words(raise())).toContain('belongs to the kernel')
    rmSync(join(machine.roots.proc, String(pid), 'stat'))
    symlinkSync(`/proc/${pid}/stat`, join(machine.roots.proc, String(pid), 'stat'))
    seen('status', `Name:\tsleep\nTgid:\t${pid + 1}\nPid:\t${pid}\n`)
    expect(words(raise())).toContain('one thread of another process')
  })

  it('says so when there is no such process, or it is not understood', () => {
    rmSync(join(machine.roots.proc, String(pid)), { recursive: true })
    expect(words(raise())).toBe(`there is no process ${pid}`)
    mkdirSync(join(machine.roots.proc, String(pid)))
    seen('stat', 'nonsense')
    seen('status', 'nonsense')
    seen('oom_score_adj', '0')
    seen('comm', 'x')
    expect(raise()).toMatchObject({ ok: false, error: { exitCode: 4 } })
  })
})
