import { watch, type FSWatcher } from 'node:fs'
import type { Disposable } from '../../shared/util/disposable.ts'

/** Of the kernel's share for one user (8192 on small machines); who has more folders sees the rest at the next look. */
const MOST_WATCHED = 1_024

export interface FolderWatch extends Disposable {
  /** From now on these: watches of others are given up, new ones are taken. */
  set(folders: readonly string[]): void
}

/** Tells of changes in folders, not of those below them. One that cannot be watched is left out. */
export function watchFolders(onChange: () => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>()
  const close = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  return {
    set(folders) {
      const wanted = new Set(folders.slice(0, MOST_WATCHED))
      for (const folder of watchers.keys()) if (!wanted.has(folder)) close(folder)
      for (const folder of wanted) {
        if (watchers.has(folder)) continue
        try {
          const watcher = watch(folder, { persistent: false }, onChange)
          // It is gone, or the kernel has no watch left: looking again finds out.
          watcher.on('error', () => close(folder))
          watchers.set(folder, watcher)
        } catch {
          continue
        }
      }
    },
    dispose() {
      for (const folder of watchers.keys()) close(folder)
    }
  }
}
