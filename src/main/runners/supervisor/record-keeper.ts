import { saveRecords, type RunnerRecord } from './state-file.ts'

/** Keeps what the next core needs on disk; what could not be written is tried again until it is. */
export interface RecordKeeper {
  save(): void
  /** True while the file on disk says something else than what runs. */
  readonly isBehind: boolean
}

export function createRecordKeeper(options: {
  readonly path: string
  readonly records: () => readonly RunnerRecord[]
  /** Once per trouble, not once per try. */
  readonly onProblem: (error: unknown) => void
}): RecordKeeper {
  const { path, records, onProblem } = options
  let isBehind = false
  return {
    save() {
      try {
        saveRecords(path, records())
        isBehind = false
      } catch (error) {
        if (!isBehind) onProblem(error)
        isBehind = true
      }
    },
    get isBehind() {
      return isBehind
    }
  }
}
