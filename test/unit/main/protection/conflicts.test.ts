import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConflictRoots } from '../../../../src/main/protection/conflict-roots.ts'
import { findConflicts, watchConflicts } from '../../../../src/main/protection/conflicts.ts'
import type { Conflict, ConflictId } from '../../../../src/shared/model/guard.ts'

const fixture = (name: string): string =>
  readFileSync(join(resolve(import.meta.dirname, '../../../fixtures/conflicts'), name), 'utf8')
const GIB = 1024 ** 3
/** A Spark with 100 GiB on the GPU: 121.7 GiB in all, 12 GiB available, 6 GiB of programs. */
const MEMINFO = `MemTotal:       127611699 kB\nMemAvailable:    12582912 kB\nAnonPages:        6291456 kB\n`
const SPARK = { gpuBytes: 100 * GIB, isUnified: true }

let folder: string
let roots: ConflictRoots
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const link = (path: string, target: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  symlinkSync(target, join(folder, path))
}
const runs = (pid: number, name: string, args: readonly string[], environ: string | null = ''): void => {
  write(`proc/${pid}/comm`, `${name}\n`)
  write(`proc/${pid}/cmdline`, args.map((arg) => `${arg}\0`).join(''))
  if (environ !== null) write(`proc/${pid}/environ`, environ)
}
const found = (): readonly Conflict[] => findConflicts(roots, SPARK)
const ids = (): readonly ConflictId[] => found().map(({ id }) => id)
const the = (id: ConflictId): Conflict => {
  const conflict = found().find((one) => one.id === id)
  if (conflict === undefined) throw new Error(`${id} is not found`)
  return conflict
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-conflicts-'))
  roots = {
    procRoot: join(folder, 'proc'),
    etcRoot: join(folder, 'etc'),
    runRoot: join(folder, 'run'),
    usrRoot: join(folder, 'usr'),
    varRoot: join(folder, 'var')
  }
  write('proc/meminfo', MEMINFO)
  write('proc/swaps', 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n')
  write('proc/sys/vm/swappiness', '60\n')
  runs(1, 'systemd', ['/sbin/init'])
  runs(800, 'gnome-shell', ['/usr/bin/gnome-shell'])
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a machine without another guard', () => {
  it('has no conflict, installed packages, their defaults and swappiness without swap included', () => {
    write('var/lib/dpkg/status', fixture('dpkg-status-1.8.2'))
    write('etc/default/earlyoom', fixture('earlyoom-1.8.default'))
    write(
      'usr/lib/systemd/system/user@.service.d/10-oomd-user-service-defaults.conf',
      fixture('10-oomd-user-service-defaults.conf')
    )
    expect(found()).toEqual([])
  })

  it('has none either where nothing can be read', () => {
    rmSync(folder, { recursive: true })
    expect(found()).toEqual([])
  })
})

describe('earlyoom', () => {
  it('1.7 is a conflict, and no percentage trap', () => {
    write('var/lib/dpkg/status', fixture('dpkg-status-1.7'))
    runs(500, 'earlyoom', ['/usr/bin/earlyoom', '-r', '3600'])
    expect(ids()).toEqual(['earlyoom'])
    const { title, text, commands, severity } = the('earlyoom')
    expect(title).toBe('earlyoom 1.7 runs beside Firebreak')
    expect(text).toContain('10 % of memory (on paper 12.2 GiB here)')
    expect(text).toContain('waits until that is nearly full too')
    expect(commands).toEqual(['sudo systemctl disable --now earlyoom'])
    expect(severity).toBe('warning')
  })

  it('1.8 is a trap as well, told with the numbers of this machine', () => {
    write('var/lib/dpkg/status', fixture('dpkg-status-1.8.2'))
    runs(500, 'earlyoom', ['/usr/bin/earlyoom', '-r', '3600'])
    expect(ids()).toEqual(['earlyoom', 'earlyoom-percentage'])
    expect(the('earlyoom-percentage').text).toContain(
      'With 100 GiB on the GPU and 6.0 GiB of ordinary program memory it acts at about 683 MiB available, ' +
        'where 10 % of all memory would be 12.2 GiB.'
    )
  })

  it('a size becomes a percentage: 8 GiB fire at 0.4', () => {
    write('var/lib/dpkg/status', fixture('dpkg-status-1.8.2'))
    runs(500, 'earlyoom', ['/usr/bin/earlyoom', '-M', '8388608', '-s', '100'])
    expect(the('earlyoom').text).toContain('6.6 % of memory (on paper 8.0 GiB here). Firebreak')
    expect(the('earlyoom-percentage').text).toContain('it acts at about 432 MiB available')
  })

  it('its file counts where its command line is hidden', () => {
    write('etc/default/earlyoom', 'EARLYOOM_ARGS="-m 5"\n')
    runs(500, 'earlyoom', [])
    expect(the('earlyoom')).toMatchObject({ title: 'earlyoom runs beside Firebreak' })
    expect(the('earlyoom').text).toContain('5 % of memory')
    expect(ids()).toEqual(['earlyoom'])
  })

  it('a dry run does nothing', () => {
    runs(500, 'earlyoom', ['/usr/bin/earlyoom', '--dryrun'])
    expect(found()).toEqual([])
  })
})

describe('systemd-oomd', () => {
  beforeEach(() => {
    write(
      'usr/lib/systemd/system/user@.service.d/10-oomd-user-service-defaults.conf',
      fixture('10-oomd-user-service-defaults.conf')
    )
    write(
      'usr/lib/systemd/system/-.slice.d/10-oomd-root-slice-defaults.conf',
      fixture('10-oomd-root-slice-defaults.conf')
    )
  })

  it('is told with what it may end', () => {
    runs(501, 'systemd-oomd', ['/usr/lib/systemd/systemd-oomd'])
    expect(ids()).toEqual(['systemd-oomd'])
    expect(the('systemd-oomd').text).toContain(
      'Set here: user@.service: memory pressure over 50%; -.slice: swap nearly full.'
    )
    expect(the('systemd-oomd').severity).toBe('warning')
  })

  it('follows what /etc changes', () => {
    runs(501, 'systemd-oomd', ['/usr/lib/systemd/systemd-oomd'])
    link('etc/systemd/system/-.slice.d/10-oomd-root-slice-defaults.conf', '/dev/null')
    write('etc/systemd/system/user@.service.d/90-mine.conf', '[Service]\nManagedOOMMemoryPressure=auto\n')
    expect(the('systemd-oomd')).toMatchObject({ severity: 'info' })
    expect(the('systemd-oomd').text).toContain('No unit is given to it here.')
  })

  it('is told when it waits for the next start, and not when it is masked', () => {
    link('etc/systemd/system/multi-user.target.wants/systemd-oomd.service', '/usr/lib/systemd/system/x')
    expect(the('systemd-oomd')).toMatchObject({
      severity: 'info',
      title: 'systemd-oomd will run after the next start'
    })
    link('etc/systemd/system/systemd-oomd.service', '/dev/null')
    expect(found()).toEqual([])
  })
})

describe('nohang', () => {
  it.each([
    ['/etc/nohang/nohang.conf', 'nohang'],
    ['/etc/nohang/nohang-desktop.conf', 'nohang-desktop']
  ])('with %s', (config, unit) => {
    runs(502, 'nohang', ['/usr/bin/python3', '/usr/sbin/nohang', '--monitor', '--config', config])
    expect(ids()).toEqual(['nohang'])
    expect(the('nohang').commands).toEqual([`sudo systemctl disable --now ${unit}`])
  })
})

describe("Ray's monitor", () => {
  it('is on unless it is switched off', () => {
    runs(600, 'raylet', ['/opt/ray/raylet'], 'HOME=/root\0')
    expect(ids()).toEqual(['ray-memory-monitor'])
    expect(the('ray-memory-monitor')).toMatchObject({
      severity: 'warning',
      title: "Ray's memory monitor is on"
    })
    expect(the('ray-memory-monitor').text).toContain('over 95 % of memory (6.1 GiB left here)')
    runs(600, 'raylet', ['/opt/ray/raylet'], 'RAY_memory_monitor_refresh_ms=0\0')
    expect(found()).toEqual([])
    runs(
      600,
      'raylet',
      ['/opt/ray/raylet'],
      'RAY_memory_monitor_refresh_ms=250\0RAY_memory_usage_threshold=0.8\0'
    )
    expect(the('ray-memory-monitor').text).toContain('over 80 % of memory (24.3 GiB left here)')
  })

  it('of another user may be on; a known one is told first', () => {
    runs(600, 'raylet', ['/opt/ray/raylet'], null)
    expect(the('ray-memory-monitor')).toMatchObject({
      severity: 'info',
      title: "Ray's memory monitor may be on"
    })
    runs(601, 'raylet', ['/opt/ray/raylet'], '')
    expect(the('ray-memory-monitor').text).toContain('Ray (pid 601)')
  })
})

describe('swap', () => {
  beforeEach(() => write('proc/swaps', fixture('swaps')))

  it('is told with every area, its size and how to end it', () => {
    expect(ids()).toEqual(['swap', 'swappiness'])
    const { title, text, commands, severity } = the('swap')
    expect(title).toBe('Swap is on: 20.0 GiB')
    expect(text).toContain(
      '/swapfile (16.0 GiB), /dev/zram0 (4.0 GiB, compressed in memory), 512 MiB of it in use.'
    )
    expect(text).toContain('freezes the machine for minutes')
    expect(commands).toEqual(['sudo swapoff /swapfile', 'sudo swapoff /dev/zram0', 'sudoedit /etc/fstab'])
    expect(severity).toBe('warning')
  })

  it('is no more than a note where the GPU has memory of its own', () => {
    const conflict = findConflicts(roots, { gpuBytes: 'unknown', isUnified: false }).find(
      ({ id }) => id === 'swap'
    )
    expect(conflict?.severity).toBe('info')
    expect(conflict?.text).not.toContain('freezes')
  })

  it('is not to be ended while more is in it than fits', () => {
    write('proc/meminfo', MEMINFO.replace('12582912', '100000'))
    expect(the('swap').whatToDo).toContain('Stop models first')
  })

  it('gives commands that a shell reads as one path', () => {
    write('proc/swaps', "Filename\n/my\\040swap's file 4096 0 -2\n")
    expect(the('swap').commands[0]).toBe(String.raw`sudo swapoff '/my swap'\''s'`)
  })

  it('with a calm swappiness is told alone', () => {
    write('proc/sys/vm/swappiness', '10\n')
    expect(ids()).toEqual(['swap'])
    rmSync(join(folder, 'proc/sys/vm/swappiness'))
    expect(ids()).toEqual(['swap'])
    write('proc/sys/vm/swappiness', '11\n')
    expect(the('swappiness').title).toBe('vm.swappiness is 11')
  })
})

describe('the watch', () => {
  it('looks at once, again when asked, and leaves no timer', () => {
    const watch = watchConflicts(roots, () => SPARK)
    expect(watch.current()).toEqual([])
    write('proc/swaps', fixture('swaps'))
    expect(watch.current()).toEqual([])
    expect(watch.look().map(({ id }) => id)).toEqual(['swap', 'swappiness'])
    expect(watch.current()).toHaveLength(2)
    watch.dispose()
  })
})
