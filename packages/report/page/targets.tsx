import { useEffect, useRef } from 'preact/hooks';

/** The picture of the targets. It comes from a layout program that knows of texts only; it is taken over as an image. */
export function Targets({ picture }: { readonly picture: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parsed = new DOMParser().parseFromString(picture, 'image/svg+xml').documentElement;
    if (parsed instanceof SVGSVGElement) place.current?.replaceChildren(document.importNode(parsed, true));
  }, []);
  return (
    <section id="targets" aria-labelledby="targets-title">
      <h2 id="targets-title">Targets</h2>
      <div class="picture" ref={place} />
    </section>
  );
}
