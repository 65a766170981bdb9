import type { ReactNode } from 'react'
import type { Job } from '../../../../shared/model/job.ts'
import { bytesOf, bytesText } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import './jobs.css'

const KINDS: Readonly<Record<Job['kind'], string>> = {
  download: 'Download',
  pull: 'Image',
  'set-up': 'Set-up'
}

/** What Firebreak is doing for the user: downloads, images, set-ups; nothing when there is nothing. */
export function JobList(): ReactNode {
  const jobs = usePanel('jobs', (state) => state.jobs)
  if (jobs.length === 0) return null
  return (
    <section className="card" aria-label="Jobs">
      <ul>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </ul>
    </section>
  )
}

function JobRow({ job }: { readonly job: Job }): ReactNode {
  const { id, kind, label, state, doneBytes, totalBytes, text } = job
  const cancel = usePanel('jobs', (now) => now.cancel)
  const dismiss = usePanel('jobs', (now) => now.dismiss)
  const error = usePanel('jobs', (now) => now.errors.get(id))
  const running = state === 'running'
  const pct =
    doneBytes === null || totalBytes === null || totalBytes <= 0
      ? null
      : Math.min(100, Math.floor((doneBytes / totalBytes) * 100))
  return (
    <li className="job">
      <p className="job-name ellipsis" title={`${KINDS[kind]}: ${label}`}>
        <span className="muted">{KINDS[kind]}</span> {label}
      </p>
      {running ? (
        <progress
          aria-label={`${KINDS[kind]} of ${label}`}
          max={100}
          {...(pct === null ? {} : { value: pct })}
        />
      ) : (
        <p className={`small job-text ${state === 'failed' ? 'bad' : 'muted'}`} title={text}>
          {state === 'failed' && <Icon name="warning" size={14} />} {text}
        </p>
      )}
      {running && (
        <p className="small muted num job-bytes" title={text}>
          {doneBytes === null
            ? 'under way'
            : totalBytes === null
              ? bytesText(doneBytes)
              : bytesOf(doneBytes, totalBytes)}
        </p>
      )}
      <button
        type="button"
        className="button quiet compact"
        aria-label={`${running ? 'Cancel' : 'Dismiss'} ${KINDS[kind].toLowerCase()} of ${label}`}
        onClick={() => (running ? void cancel(id) : dismiss(id))}
      >
        {running ? 'Cancel' : 'Dismiss'}
      </button>
      {error !== undefined && <Message tone="error" {...told(error)} />}
    </li>
  )
}
