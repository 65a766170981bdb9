import { disposable, type Disposable } from './disposable.ts'

/** A typed in-process event source; a listener that throws does not stop the others. */
export interface Emitter<T> {
  emit(value: T): void
  on(listener: (value: T) => void): Disposable
  readonly listenerCount: number
}

export function createEmitter<T>(onListenerError: (error: unknown) => void): Emitter<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    emit(value) {
      for (const listener of listeners) {
        try {
          listener(value)
        } catch (error) {
          onListenerError(error)
        }
      }
    },
    on(listener) {
      listeners.add(listener)
      return disposable(() => listeners.delete(listener))
    },
    get listenerCount() {
      return listeners.size
    }
  }
}
