{{- define "ges.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "ges.selector" -}}
app.kubernetes.io/name: ges
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ges.labels" -}}
{{ include "ges.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "ges.image" -}}
{{- with .Values.ges.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "ges.storeUrl" -}}
{{- with .Values.ges.configMap.integrations.db -}}
postgres://{{ .user }}@{{ required "ges.configMap.integrations.db.host is where PostgreSQL is" .host }}:{{ .port }}/{{ .name }}?sslmode={{ if eq (toString .secure) "true" }}require{{ else }}prefer{{ end }}
{{- end -}}
{{- end -}}

{{- /* Nothing of the container's may be written, nothing runs as root, nothing may become more than it is. */ -}}
{{- define "ges.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "ges.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- /* Whether the client of the platform is read; a text, because includes are. */ -}}
{{- define "ges.platform" -}}
{{- if or (eq .Values.ges.configMap.env.auth.mode "gws") .Values.ges.configMap.integrations.gws.stats }}yes{{ end -}}
{{- end -}}

{{- define "ges.trustedProxies" -}}
{{- $said := toString .Values.ges.configMap.env.web.trusted_proxies -}}
{{- if ne $said "" }}{{ $said }}{{ else if or .Values.ges.ingress.ingressint.enabled .Values.ges.ingress.ingressext.enabled }}1{{ else }}0{{ end -}}
{{- end -}}
