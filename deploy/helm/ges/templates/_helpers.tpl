{{- /* A release's name begins the name of all that it has. The Service asks most of it: a letter first, and no dot. Helm
       itself ends it at 53 characters. What YAML takes for something else than a text is nobody's name. */ -}}
{{- define "ges.name" -}}
{{- $plain := regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" .Release.Name -}}
{{- if or (not $plain) (has .Release.Name (list "true" "false" "null" "yes" "no" "on" "off" "y" "n")) -}}
{{- fail (printf "the release cannot be called %q: a Service's name begins with a letter, and has letters, digits and dashes alone" .Release.Name) -}}
{{- end -}}
{{- .Release.Name -}}
{{- end -}}

{{- /* What finds our pods. A Deployment never changes it, so nothing here may change from one release to the next. */ -}}
{{- define "ges.selector" -}}
app.kubernetes.io/name: ges
app.kubernetes.io/instance: {{ include "ges.name" . }}
{{- end -}}

{{- define "ges.labels" -}}
{{ include "ges.selector" . }}
{{ include "ges.commonLabels" . }}
{{- end -}}

{{- /* A label has no plus sign, which a version may have. */ -}}
{{- define "ges.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "ges.image" -}}
{{- with .Values.ges.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* Whether the client of the platform is read; a text, because includes are. */ -}}
{{- define "ges.platform" -}}
{{- if or (eq .Values.ges.configMap.env.auth.mode "gws") .Values.ges.configMap.integrations.gws.stats }}yes{{ end -}}
{{- end -}}

{{- /* The fewest pods that there may be. */ -}}
{{- define "ges.fewest" -}}
{{- with .Values.ges.deployment -}}
{{- if .hpa.enabled }}{{ int .hpa.minimumReplicas }}{{ else }}{{ int .replicas }}{{ end -}}
{{- end -}}
{{- end -}}
