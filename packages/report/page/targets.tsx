import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ReportTargets } from '../src/report-data.js';
import type { Selection } from './selection.js';
import { shownText } from './shown-text.js';

interface TargetsProps {
  readonly targets: ReportTargets;
  readonly selection: Selection;
  readonly choose: (selection: Selection) => void;
}

/** The graph of the targets. Its picture was drawn before; here its nodes can be chosen, and have the page's colours. */
export function Targets({ targets, selection, choose }: TargetsProps) {
  const { picture, nodes } = targets;
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(selection);
  latest.current = selection;

  useLayoutEffect(() => {
    const parsed = new DOMParser().parseFromString(picture, 'image/svg+xml').documentElement;
    if (!(parsed instanceof SVGSVGElement) || box.current === null) return;
    const drawn = document.importNode(parsed, true);
    for (const element of drawn.querySelectorAll<SVGGElement>('g.node')) {
      const at = nodes.findIndex(({ id }) => id === element.querySelector('title')?.textContent);
      const node = nodes[at];
      if (node === undefined) continue;
      const name = `${shownText(node.name)}: ${node.isUpToDate ? 'up to date' : 'out of date'}`;
      element.querySelector('title')?.replaceChildren(name);
      element.classList.add(node.isUpToDate ? 'good-node' : 'bad-node');
      element.dataset.place = String(at);
      element.setAttribute('role', 'button');
      element.setAttribute('tabindex', '0');
      element.setAttribute('aria-label', name);
    }
    // Those of edges and of the whole are names that only the layout needs.
    for (const title of drawn.querySelectorAll('g.edge > title, g.graph > title')) title.remove();
    // Graphviz counts in points. As pixels they give letters of the page's own size.
    const { width, height } = drawn.viewBox.baseVal;
    drawn.setAttribute('width', `${width}`);
    drawn.setAttribute('height', `${height}`);
    box.current.replaceChildren(drawn);
  }, []);

  useLayoutEffect(() => {
    const place = selection.about === 'target' ? selection.target : null;
    for (const element of box.current?.querySelectorAll<SVGGElement>('g.node') ?? []) {
      const isChosen = element.dataset.place === String(place);
      element.classList.toggle('chosen-node', isChosen);
      element.setAttribute('aria-pressed', String(isChosen));
    }
  }, [selection]);

  const chosenBy = (target: EventTarget | null): boolean => {
    const element = target instanceof Element ? target.closest<SVGGElement>('g.node') : null;
    const place = element?.dataset.place;
    if (place === undefined) return false;
    choose({ ...latest.current, target: Number(place), about: 'target' });
    return true;
  };
  return (
    <section id="targets" aria-labelledby="targets-title">
      <h2 id="targets-title">
        Targets <span class="count">{nodes.length}</span>
      </h2>
      <p class="hint">
        An arrow leads from what makes a file to what uses it. Choose a target for its causes.
      </p>
      <div
        class="picture"
        ref={box}
        onClick={(event) => chosenBy(event.target)}
        onKeyDown={(event) => {
          if ((event.key === 'Enter' || event.key === ' ') && chosenBy(event.target)) event.preventDefault();
        }}
      />
    </section>
  );
}
