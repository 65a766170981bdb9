import type { Disposable } from '../../../shared/util/disposable.ts'
import { keptFile, type KeptFileShape } from './kept-file.ts'

/** A kernel file and its parser as one readable thing. */
export interface Source<T> extends Disposable {
  read(): T | 'unknown'
}

/** Joins a kept file and a pure parser; 'unknown' where either has nothing to say. */
export function keptSource<T>(
  path: string,
  parse: (bytes: Buffer) => T | 'unknown',
  shape: KeptFileShape = {}
): Source<T> {
  const file = keptFile(path, shape)
  return {
    read() {
      const bytes = file.read()
      return bytes === 'unknown' ? 'unknown' : parse(bytes)
    },
    dispose: () => file.dispose()
  }
}
