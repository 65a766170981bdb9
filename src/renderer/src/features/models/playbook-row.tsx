import { useMemo, useState, type ReactNode } from 'react'
import type { Playbook } from '../../../../shared/model/playbook.ts'
import { ACTIVE_STATES } from '../../../../shared/model/runner.ts'
import { bytesWords } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { KIND_NAMES } from '../../format/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { sizeKey } from '../../stores/estimates.ts'
import { runningJob } from '../../stores/jobs.ts'
import { Icon } from '../../ui/icons.tsx'
import { KindMark } from '../../ui/kind-mark.tsx'
import { Message } from '../../ui/message.tsx'
import { draftOf } from './draft.ts'
import { FitCell } from './fit-cell.tsx'
import { hasModel, reportedSize, weightsOf } from './playbook-state.ts'
import { ProfileForm } from './profile-form.tsx'

/** One recipe: what it is, what it needs, and Start, or Download where its model is not here. */
export function PlaybookRow({ playbook }: { readonly playbook: Playbook }): ReactNode {
  const { profile, source, title } = playbook
  const isHere = usePanel('runners', (state) => source === null || hasModel(source, state.models))
  const kept = usePanel('runners', (state) => state.profiles.some((one) => one.id === profile.id))
  const error = usePanel('runners', (state) => state.errors.get(profile.id))
  const refusal = usePanel('jobs', (state) =>
    source === null ? undefined : state.errors.get(source.repository)
  )
  const dismiss = usePanel('runners', (state) => state.dismissError)
  const [open, setOpen] = useState(false)
  const key = useMemo(() => sizeKey(profile), [profile])
  const estimated = usePanel('estimates', (state) => state.profiles.get(key))
  const active = usePanel('runners', (state) =>
    state.runners.some((one) => one.id === profile.id && ACTIVE_STATES.includes(one.state))
  )
  const reported = useMemo(() => reportedSize(playbook), [playbook])
  // What others report of it, where its files are not here to be read.
  const isEstimated = estimated !== undefined && estimated !== null && estimated.confidence !== 'unknown'
  return (
    <li className="profile">
      <div className="playbook-line">
        <KindMark kind={playbook.kind} />
        <div className="profile-words">
          <p className="ellipsis profile-name" title={title}>
            {title}
          </p>
          <p className="small muted playbook-summary">{playbook.summary}</p>
          <Needs playbook={playbook} isHere={isHere} />
        </div>
        <FitCell
          size={isEstimated ? estimated : reported}
          atLeastBytes={weightsOf(playbook)}
          runningId={active ? profile.id : null}
        />
        <div className="profile-buttons">
          <button
            type="button"
            className="button quiet compact"
            aria-expanded={open}
            aria-label={`Set up ${title}`}
            onClick={() => setOpen(!open)}
          >
            Set up…
          </button>
          {isHere ? (
            <StartPlaybook playbook={playbook} kept={kept} />
          ) : (
            source !== null && <Download playbook={playbook} />
          )}
        </div>
      </div>
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(profile.id)} />}
      {refusal !== undefined && <Message tone="error" {...told(refusal)} />}
      {open && (
        <ProfileForm
          initial={draftOf(profile)}
          profileId={null}
          running={false}
          onDone={() => setOpen(false)}
        />
      )}
    </li>
  )
}

function Needs({ playbook, isHere }: { readonly playbook: Playbook; readonly isHere: boolean }): ReactNode {
  const { kind, diskBytes, source, profile } = playbook
  const image = profile.container?.image ?? null
  const imageName = image === null ? null : image.slice(image.lastIndexOf('/') + 1)
  return (
    <ul className="needs small num">
      <li>{KIND_NAMES[kind]}</li>
      {diskBytes !== null && <li>{bytesWords(diskBytes)} disk</li>}
      {imageName !== null && image !== null && (
        <li className="ellipsis" title={image}>
          Image {imageName}
        </li>
      )}
      {source !== null && (
        <li className="ellipsis" title={source.repository}>
          {isHere ? 'Model is here' : `Model ${source.repository}`}
          {!isHere && source.gated ? ', licence to accept there' : ''}
        </li>
      )}
    </ul>
  )
}

function StartPlaybook({
  playbook,
  kept
}: {
  readonly playbook: Playbook
  readonly kept: boolean
}): ReactNode {
  const { profile, title } = playbook
  const start = usePanel('runners', (state) => state.start)
  const startNew = usePanel('runners', (state) => state.startPlaybook)
  const asked = usePanel('runners', (state) => state.asked.get(profile.id) === 'start')
  const state = usePanel('runners', ({ runners }) => runners.find((one) => one.id === profile.id)?.state)
  const connected = usePanel('app', ({ link }) => link === 'connected')
  if (state === 'waiting') return <p className="main-action playbook-state small">Waiting</p>
  if (state !== undefined && ACTIVE_STATES.includes(state)) {
    return <p className="main-action playbook-state small">Running</p>
  }
  const off = asked || !connected
  return (
    <button
      type="button"
      className="button main-action"
      aria-disabled={off}
      aria-label={`Start ${title}`}
      onClick={(event) => {
        if (off || event.detail > 1) return
        if (kept) void start({ target: profile.id })
        else void startNew(profile)
      }}
    >
      <Icon name="play" size={12} />
      <span>{asked ? 'Starting' : 'Start'}</span>
    </button>
  )
}

function Download({ playbook }: { readonly playbook: Playbook }): ReactNode {
  const { source, title } = playbook
  const download = usePanel('jobs', (state) => state.download)
  const repository = source?.repository ?? ''
  const job = usePanel('jobs', (state) => (repository === '' ? undefined : runningJob(state, repository)))
  const connected = usePanel('app', (state) => state.link === 'connected')
  if (source === null) return null
  if (job !== undefined) {
    const { doneBytes, totalBytes } = job
    const pct = doneBytes === null || totalBytes === null ? null : Math.round((doneBytes / totalBytes) * 100)
    return (
      <div className="main-action playbook-state">
        <progress aria-label={`Downloading ${title}`} max={100} {...(pct === null ? {} : { value: pct })} />
        <p className="small num muted">{pct === null ? 'Downloading' : `${pct} %`}</p>
      </div>
    )
  }
  return (
    <button
      type="button"
      className="button main-action"
      aria-disabled={!connected}
      aria-label={`Download ${title}, ${bytesWords(source.sizeBytes)}`}
      title={`${source.repository}, into the Hugging Face cache; goes on where it stopped`}
      onClick={(event) => event.detail < 2 && connected && void download(source)}
    >
      <Icon name="download" size={14} />
      <span className="num">{bytesWords(source.sizeBytes)}</span>
    </button>
  )
}
