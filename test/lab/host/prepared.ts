import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltImage } from './image.ts'
import { WORK } from './places.ts'
import type { Product } from './product.ts'
import { imageIn, savePreparedMachine, type Image } from './vm.ts'

const PREFIX = 'prepared-'

/**
 * Machines in which Firebreak runs and has come to rest, one per preparation.
 *
 * Its start takes most of a minute of emulation, which each run would wait for; what is measured begins after it. Kept
 * until the machine or the product changes.
 */
export function createPreparedMachines(
  { image, product }: { readonly image: BuiltImage; readonly product: Product },
  say: (line: string) => void
): (preparation: string) => Promise<Image> {
  const prefix = `${PREFIX}${image.hash}-${product.hash}-`
  const begun = new Map<string, Promise<Image>>()

  const prepare = async (preparation: string): Promise<Image> => {
    const key = createHash('sha256').update(preparation).digest('hex').slice(0, 12)
    const folder = join(WORK, prefix + key)
    const { disk, state } = imageIn(folder)
    const prepared = { ...image.image, disk, state }
    if (existsSync(folder)) return prepared
    for (const name of readdirSync(WORK)) {
      if (name.startsWith(PREFIX) && !name.startsWith(prefix)) rmSync(join(WORK, name), { recursive: true })
    }
    const started = performance.now()
    const unfinished = join(WORK, `building-${key}`)
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished)
    await savePreparedMachine(image.image, unfinished, product.disk, preparation)
    renameSync(unfinished, folder)
    say(`lab: machine with Firebreak prepared in ${((performance.now() - started) / 1000).toFixed(0)} s`)
    return prepared
  }

  return (preparation) => {
    const machine = begun.get(preparation) ?? prepare(preparation)
    begun.set(preparation, machine)
    return machine
  }
}
