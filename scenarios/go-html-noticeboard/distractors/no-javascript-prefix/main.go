// Notice board of the house: who gives away a sofa, who looks for a cat.
package main

import (
	"log"
	"net/http"
	"strings"
	"sync"
	"text/template"
)

// Notice is one note on the board.
type Notice struct {
	Title   string
	Text    string
	Contact string
}

const maxLength = 500

var (
	mu      sync.Mutex
	notices = []Notice{{Title: "Sofa", Text: "Green, comfortable, free.", Contact: "mailto:kemal@house.example"}}
)

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Notice board</title></head>
<body>
<h1>Notice board</h1>
<form><input name="q" value="{{html .Query}}"><button>Search</button></form>
{{if .Query}}<p>Notices with <em>{{html .Query}}</em>:</p>{{end}}
{{range .Notices}}
<article title="{{html .Title}}">
  <h2>{{html .Title}}</h2>
  <p>{{html .Text}}</p>
  {{if .Contact}}<a href="{{html .Contact}}">Contact</a>{{end}}
</article>
{{else}}<p>Nothing here.</p>{{end}}
</body>
</html>
`))

// matching returns the notices that contain the query, newest first.
func matching(query string) []Notice {
	mu.Lock()
	defer mu.Unlock()
	var found []Notice
	for i := len(notices) - 1; i >= 0; i-- {
		n := notices[i]
		if strings.Contains(strings.ToLower(n.Title+" "+n.Text), strings.ToLower(query)) {
			found = append(found, n)
		}
	}
	return found
}

func board(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	query := r.URL.Query().Get("q")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	data := struct {
		Query   string
		Notices []Notice
	}{query, matching(query)}
	if err := page.Execute(w, data); err != nil {
		log.Print(err)
	}
}

func pin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST, please", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 10_000)
	n := Notice{r.PostFormValue("title"), r.PostFormValue("text"), r.PostFormValue("contact")}
	if n.Title == "" || n.Text == "" || len(n.Title)+len(n.Text)+len(n.Contact) > maxLength {
		http.Error(w, "a title and a text, please", http.StatusBadRequest)
		return
	}
	if strings.HasPrefix(n.Contact, "javascript:") {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	mu.Lock()
	notices = append(notices, n)
	mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func main() {
	http.HandleFunc("/", board)
	http.HandleFunc("/notices", pin)
	log.Fatal(http.ListenAndServe("127.0.0.1:5000", nil))
}
