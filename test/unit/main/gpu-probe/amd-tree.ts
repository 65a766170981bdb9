import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const fixtures = join(import.meta.dirname, '../../../fixtures/amdgpu')

/** Roots of a made-up machine: sysfs, /proc, libdrm's names. */
export interface AmdTree {
  readonly sysRoot: string
  readonly procRoot: string
  readonly idsFile: string
  /** Writes a file below the root; folders as needed. */
  sys(path: string, text: string | Uint8Array): void
  removeSys(path: string): void
  /** A process with open descriptors: target, and fdinfo where it is a GPU. */
  process(pid: number, descriptors: readonly { readonly target: string; readonly fdinfo?: string }[]): void
  remove(): void
}

export const fixture = (name: string): string => readFileSync(join(fixtures, name), 'utf8')

export function createAmdTree(): AmdTree {
  const root = mkdtempSync(join(tmpdir(), 'amd-tree-'))
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const sysRoot = join(root, 'sys')
  const procRoot = join(root, 'proc')
  return {
    sysRoot,
    procRoot,
    idsFile: join(fixtures, 'amdgpu.ids'),
    sys: (path, text) => write(join(sysRoot, path), text),
    removeSys: (path) => rmSync(join(sysRoot, path), { recursive: true, force: true }),
    process(pid, descriptors) {
      for (const [fd, { target, fdinfo }] of descriptors.entries()) {
        write(join(procRoot, String(pid), 'fdinfo', String(fd)), fdinfo ?? 'pos:\t0\n')
        mkdirSync(join(procRoot, String(pid), 'fd'), { recursive: true })
        symlinkSync(target, join(procRoot, String(pid), 'fd', String(fd)))
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true })
  }
}

const GIB = 1024 ** 3

/** A Strix Halo with a 512 MiB carve-out and 62 GiB of GTT. */
export function addStrixHalo(tree: AmdTree, card = 'card1'): void {
  const at = (file: string): string => `class/drm/${card}/device/${file}`
  tree.sys(at('vendor'), '0x1002\n')
  tree.sys(at('device'), '0x1586\n')
  tree.sys(at('revision'), '0xc1\n')
  tree.sys(at('mem_info_vram_total'), `${GIB / 2}\n`)
  tree.sys(at('mem_info_vram_used'), `${GIB / 4}\n`)
  tree.sys(at('mem_info_gtt_total'), `${62 * GIB}\n`)
  tree.sys(at('mem_info_gtt_used'), `${40 * GIB}\n`)
  tree.sys(at('gpu_busy_percent'), '97\n')
  tree.sys(at('gpu_metrics'), Uint8Array.from([0x08, 0x01, 3, 0]))
  tree.sys(at('hwmon/hwmon5/temp1_input'), '61000\n')
  tree.sys(at('hwmon/hwmon5/power1_average'), '85012000\n')
  tree.sys(at('hwmon/hwmon5/freq1_input'), '2900000000\n')
}

/** A Radeon RX 7900 XTX. */
export function addRadeonCard(tree: AmdTree, card = 'card0'): void {
  const at = (file: string): string => `class/drm/${card}/device/${file}`
  tree.sys(at('vendor'), '0x1002\n')
  tree.sys(at('device'), '0x744c\n')
  tree.sys(at('revision'), '0xc8\n')
  tree.sys(at('mem_info_vram_total'), `${24 * GIB}\n`)
  tree.sys(at('mem_info_vram_used'), `${3 * GIB}\n`)
  tree.sys(at('mem_info_gtt_total'), `${32 * GIB}\n`)
  tree.sys(at('mem_info_gtt_used'), `${GIB / 8}\n`)
  tree.sys(at('gpu_metrics'), Uint8Array.from([0x78, 0x00, 1, 3]))
}
