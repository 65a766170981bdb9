import { useState, type FormEvent, type ReactNode } from 'react'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Profile } from '../../../../shared/model/runner.ts'
import type { Result } from '../../../../shared/util/result.ts'
import { bytesWords } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { Strip } from '../../ui/strip.tsx'
import { draftErrors, draftLabel, draftProfile, isAbout, type Draft } from './draft.ts'
import { ArgsField, ImportanceField, TextField } from './profile-fields.tsx'

interface ProfileFormProps {
  readonly initial: Draft
  /** null for a new one. */
  readonly profileId: string | null
  /** While it runs its settings can be saved, but take effect at the next start. */
  readonly running: boolean
  readonly onDone: () => void
}

/** Few settings first, the rest under Advanced; what is wrong is said beside the field. */
export function ProfileForm({ initial, profileId, running, onDone }: ProfileFormProps): ReactNode {
  const [draft, setDraft] = useState(initial)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ContractError | null>(null)
  // What an earlier try has left behind and this one must use, not double.
  const [keptId, setKeptId] = useState(profileId)
  const saveProfile = usePanel('runners', (state) => state.saveProfile)
  const start = usePanel('runners', (state) => state.start)
  const startNew = usePanel('runners', (state) => state.startNew)
  const profiles = usePanel('runners', (state) => state.profiles)
  // A profile that exists is started by the button of its row.
  const startsHere = profileId === null
  const errors = tried ? draftErrors(draft) : {}
  const others = profiles.filter((one) => one.id !== keptId)
  const label = draftLabel(draft, new Set(others.map((one) => one.label)))

  const submit = async (andStart: boolean): Promise<void> => {
    setTried(true)
    if (Object.keys(draftErrors(draft)).length > 0) return
    setBusy(true)
    setFailure(null)
    const profile = draftProfile(draft, keptId, others)
    const outcome = andStart ? await saveAndStart(profile) : await saveProfile(profile)
    setBusy(false)
    if (outcome.ok) onDone()
    else setFailure(outcome.error)
  }
  const saveAndStart = async (profile: Profile): Promise<Result<unknown, ContractError>> => {
    if (keptId === null) {
      const started = await startNew(profile)
      setKeptId(started.keptId)
      return started.outcome
    }
    const saved = await saveProfile(profile)
    return saved.ok ? await start({ target: saved.value.id }) : saved
  }
  const set =
    <K extends keyof Draft>(field: K) =>
    (value: Draft[K]): void => {
      setDraft((before) => ({ ...before, [field]: value }))
      setFailure((before) => (before !== null && isAbout(before.code, field) ? null : before))
    }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    void submit(startsHere)
  }
  const shared = { draft, errors, set }

  return (
    <form className="profile-form" onSubmit={onSubmit} noValidate aria-label={profileId ?? 'New model'}>
      <GhostStrip modelPath={draft.modelPath.trim()} label={label} running={running} />
      <div className="form-grid">
        <TextField
          {...shared}
          field="modelPath"
          label="Model file"
          hint="A GGUF file, the whole path"
          wide
          list
        />
        <TextField {...shared} field="label" label="Name" placeholder={label} wide />
        <TextField {...shared} field="contextTokens" label="Context" hint="Tokens; 0 = as trained" />
        <TextField {...shared} field="parallelSlots" label="Parallel slots" hint="Requests at a time" />
        <TextField {...shared} field="port" label="Port" hint="0 = first free one" />
      </div>
      <fieldset className="form-guard">
        <legend>When memory runs out</legend>
        <div className="form-grid">
          <ImportanceField value={draft.importance} onChange={set('importance')} off={draft.pinned} />
          <TextField
            {...shared}
            field="floorGib"
            label="Own floor"
            hint="GiB this model may leave free when at rest; empty = the machine’s floor"
          />
          <label className="check">
            <input
              type="checkbox"
              checked={draft.pinned}
              onChange={(event) => set('pinned')(event.target.checked)}
            />
            <span>
              Never stop this one
              <span className="small muted block">The guard stops others, even if that is not enough.</span>
            </span>
          </label>
        </div>
      </fieldset>
      <details className="advanced">
        <summary>Advanced</summary>
        <div className="form-grid">
          <TextField {...shared} field="gpuLayers" label="Layers on the GPU" hint="-1 = all" />
          <TextField {...shared} field="promptCacheMiB" label="Prompt cache" hint="MiB of memory at most" />
          <TextField {...shared} field="contextCheckpoints" label="Checkpoints" hint="Per slot" />
          <TextField
            {...shared}
            field="binary"
            label="llama-server"
            hint="Empty = the one of Settings, else the one on the PATH"
            wide
          />
          <ArgsField value={draft.extraArgs} onChange={set('extraArgs')} />
          <label className="check wide">
            <input
              type="checkbox"
              checked={draft.restartOnCrash}
              onChange={(event) => set('restartOnCrash')(event.target.checked)}
            />
            <span>
              Restart after a crash
              <span className="small muted block">Not when it was killed or stopped.</span>
            </span>
          </label>
        </div>
      </details>
      {failure !== null && <Message tone="error" {...told(failure)} />}
      <div className="buttons">
        {startsHere && (
          <button
            type="submit"
            className="button primary"
            disabled={busy}
            aria-label={label === '' ? 'Start model' : `Start ${label}`}
          >
            <Icon name="play" size={12} />
            <span>{busy ? 'Starting' : 'Start'}</span>
          </button>
        )}
        <button
          type={startsHere ? 'button' : 'submit'}
          className={`button ${startsHere ? '' : 'primary'}`}
          disabled={busy}
          {...(startsHere ? { onClick: () => void submit(false) } : {})}
        >
          Save profile
        </button>
        <button type="button" className="button quiet" onClick={onDone}>
          Cancel
        </button>
        {running && <span className="small muted">It is running: changes count from its next start.</span>}
      </div>
    </form>
  )
}

/** Where the model would go: its file's size is the least it will take. */
function GhostStrip({
  modelPath,
  label,
  running
}: {
  readonly modelPath: string
  readonly label: string
  readonly running: boolean
}): ReactNode {
  const live = usePanel('live', (state) => state.live)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const found = usePanel('runners', (state) => state.models.find((one) => one.path === modelPath))
  if (live === null) return null
  const ghost = found === undefined || running ? null : { label, bytes: found.sizeBytes }
  const over = ghost !== null && ghost.bytes > live.freeForModelsBytes
  const free = bytesWords(live.freeForModelsBytes)
  return (
    <div className="ghost">
      <Strip
        memTotalBytes={live.memTotalBytes}
        reserveBytes={live.guard.reserveBytes}
        parts={parts}
        hues={hues}
        size="small"
        ghost={ghost}
      />
      <p className={`small num ${over ? 'bad' : 'muted'}`}>
        {ghost === null
          ? `${free} free for models.`
          : over
            ? `The file alone is ${bytesWords(ghost.bytes)}; ${free} are free for models. Stop something first.`
            : `The file is ${bytesWords(ghost.bytes)}, context comes on top; ${free} are free for models.`}
      </p>
    </div>
  )
}
